/** More than the webhooks under way can hold, so that a receiver that hangs takes none from requests. */
const MAX_CONNECTIONS = 20;

/** @throws Error where no database is named: Strapi would try one of its own guessing */
module.exports = ({ env }) => {
  const connectionString = env('CMS_DATABASE_URL') || env('DATABASE_URL');
  if (!connectionString) throw new Error('CMS_DATABASE_URL is not set');
  return {
    connection: {
      client: 'postgres',
      connection: { connectionString },
      pool: { min: 2, max: MAX_CONNECTIONS },
    },
  };
};
