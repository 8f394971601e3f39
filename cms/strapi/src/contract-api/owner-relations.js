const { ensureNumber } = require('./numbers');

/** The relations to company and bot, given by number; whichever is named for the first time is made. */
module.exports = async function ownerRelations({ company, bot }) {
  if (company !== undefined) await ensureNumber('api::company.company', company);
  if (bot !== undefined) await ensureNumber('api::bot.bot', bot);
  return {
    ...(company === undefined ? {} : { company: { id: company } }),
    ...(bot === undefined ? {} : { bot: { id: bot } }),
  };
};
