/**
 * Asked before anything is touched. Strapi shapes the tables it finds to its content types, and some
 * have the names of other people's.
 * @throws Error naming the variables that are not set, or whose database it is
 */
module.exports = async function readyToStart() {
  const missing = strapi.config.get('tidings.missing');
  if (missing.length > 0) throw new Error(`Not set: ${missing.join(', ')}.`);
  const { rows } = await strapi.db.connection.raw(`
    select to_regclass('drizzle.cms_migrations') is not null as builtin,
      to_regclass('public.batch_processing_sessions') is not null as tidings`);
  const [{ builtin, tidings }] = rows;
  if (!builtin && !tidings) return;
  const whose = builtin ? 'the built-in CMS' : 'Tidings';
  throw new Error(
    `The database is that of ${whose}. Set CMS_DATABASE_URL to one that is Strapi's alone.`,
  );
};
