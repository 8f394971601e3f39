/** More than the webhooks under way can hold, so that a receiver that hangs takes none from requests. */
const MAX_CONNECTIONS = 20;

module.exports = ({ env }) => ({
  connection: {
    client: 'postgres',
    connection: { connectionString: env('CMS_DATABASE_URL') || env('DATABASE_URL') },
    pool: { min: 2, max: MAX_CONNECTIONS },
  },
});
