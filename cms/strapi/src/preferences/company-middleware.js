const { companyChange } = require('../contract');
const { skipTakenNumbers } = require('../contract-api/numbers');
const { validated } = require('../contract-api/refusals');
const { COMPANY } = require('./record');

const BOT = 'api::bot.bot';
const SETTINGS = 'default_notification_settings';
const settings = companyChange.pick({ [SETTINGS]: true });

/** Companies and bots, however they are written: defaults that fit the contract, and free numbers. */
function companyMiddleware(ctx, next) {
  if (ctx.uid !== COMPANY && ctx.uid !== BOT) return next();
  const given = ctx.params.data?.[SETTINGS];
  if (ctx.uid === COMPANY && given) validated(settings, { [SETTINGS]: asJson(given) });
  if (ctx.action !== 'create' && ctx.action !== 'clone') return next();
  return strapi.db.transaction(async ({ trx }) => {
    await skipTakenNumbers(trx, ctx.uid);
    return next();
  });
}

/** The admin panel sends JSON as the text that was typed. */
function asJson(given) {
  if (typeof given !== 'string') return given;
  try {
    return JSON.parse(given);
  } catch {
    return given;
  }
}

module.exports = { companyMiddleware };
