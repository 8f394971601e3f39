const {
  bulkRequest,
  byUserParams,
  preferenceChange,
  preferenceFilters,
  preferenceInput,
} = require('../../../contract');
const collection = require('../../../contract-api/collection');
const ownerRelations = require('../../../contract-api/owner-relations');
const { validated } = require('../../../contract-api/refusals');
const { byEitherId } = require('../../../contract-api/rows');
const { DUPLICATE_MESSAGE } = require('../../../preferences/document-middleware');
const {
  appliedPreferences,
  ownerKey,
  PREFERENCE,
  present,
} = require('../../../preferences/record');

/** The key columns are given at once, so that the row is never there without them. */
async function dataOf({ locale, company, bot, ...fields }) {
  return {
    ...fields,
    ...(locale === undefined ? {} : { language: locale }),
    ...(company === undefined ? {} : { company_id: company }),
    ...(bot === undefined ? {} : { bot_id: bot }),
    ...(await ownerRelations({ company, bot })),
  };
}

module.exports = {
  ...collection({
    uid: PREFERENCE,
    name: 'notification preference',
    conflict: DUPLICATE_MESSAGE,
    byId: byEitherId,
    filters: preferenceFilters,
    where: (filters) => filters,
    input: preferenceInput,
    change: preferenceChange,
    dataOf,
    present,
  }),

  /** `GET …/by-user/:companyId/:botId/:userEmail`. Tidings keeps a cache, so none is kept here. */
  async byUser(ctx) {
    const { companyId, botId, userEmail } = validated(byUserParams, ctx.params);
    const owner = { company_id: companyId, bot_id: botId, user_email: userEmail };
    const [{ answer, fallback }] = await appliedPreferences([owner]);
    return { data: answer, cache_hit: false, fallback_applied: fallback };
  },

  /** `POST …/bulk-get`, keyed by the addresses as they were written. */
  async bulkGet(ctx) {
    const { users } = validated(bulkRequest, ctx.request.body);
    const owners = users.map((user) => ({ ...user, user_email: user.user_email.toLowerCase() }));
    const applied = await appliedPreferences(owners);
    const keys = users.map(ownerKey);
    const missing = keys.filter((_key, index) => applied[index].fallback);
    ctx.status = 200;
    return {
      data: Object.fromEntries(keys.map((key, index) => [key, applied[index].answer])),
      missing_preferences: [...new Set(missing)],
      processed_count: users.length,
    };
  },
};
