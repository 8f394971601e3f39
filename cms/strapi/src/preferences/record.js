/** Preferences as the contract has them, and what applies to whom. */

const { BUILT_IN_SETTINGS, partialSettings } = require('../contract');

const PREFERENCE = 'api::user-notification-preference.user-notification-preference';
const COMPANY = 'api::company.company';

const ownerKey = ({ company_id, bot_id, user_email }) => `${company_id}:${bot_id}:${user_email}`;

const settingsOf = (row) => ({
  notification_enabled: row.notification_enabled,
  batch_size_threshold: row.batch_size_threshold,
  notification_delay_minutes: row.notification_delay_minutes,
  email_format: row.email_format,
  include_success_details: row.include_success_details,
  include_error_details: row.include_error_details,
  locale: row.language ?? null,
  timezone: row.timezone ?? null,
});

const ownerOf = ({ company_id, bot_id, user_email }) => ({
  user_email,
  company: { id: company_id },
  bot: { id: bot_id },
});

/** A stored row as it is answered. Strapi keeps `locale` for itself, so ours is stored as `language`. */
const present = (row) => ({
  id: row.id,
  documentId: row.documentId,
  ...ownerOf(row),
  ...settingsOf(row),
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
});

/**
 * What applies to each of these people: their own row, else the company's defaults over the built-in
 * ones. Two queries, however many people.
 * @param owners with their addresses in lower case
 * @returns one `{ answer, fallback }` per owner, in their order
 */
async function appliedPreferences(owners) {
  if (owners.length === 0) return [];
  const rows = await strapi.db.query(PREFERENCE).findMany({ where: { $or: owners } });
  const own = new Map(rows.map((row) => [ownerKey(row), row]));
  const without = owners.filter((owner) => !own.has(ownerKey(owner)));
  const defaults = await companyDefaults(without.map(({ company_id }) => company_id));
  return owners.map((owner) => {
    const row = own.get(ownerKey(owner));
    if (row) return { answer: present(row), fallback: false };
    const settings = { ...BUILT_IN_SETTINGS, ...defaults.get(owner.company_id) };
    return { answer: { ...ownerOf(owner), ...settings }, fallback: true };
  });
}

/** By company id. Defaults that were stored wrong, by whatever way, count as not given. */
async function companyDefaults(ids) {
  if (ids.length === 0) return new Map();
  const companies = await strapi.db.query(COMPANY).findMany({
    where: { id: { $in: [...new Set(ids)] } },
    select: ['id', 'default_notification_settings'],
  });
  return new Map(
    companies.map(({ id, default_notification_settings }) => {
      const read = partialSettings.safeParse(default_notification_settings ?? {});
      return [id, read.success ? read.data : {}];
    }),
  );
}

module.exports = { appliedPreferences, COMPANY, ownerKey, PREFERENCE, present };
