const list = (text = '') =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);

/** What the contract is served with. The panel is built without any of it; starting checks it. */
module.exports = ({ env }) => {
  const baseUrl = env('INGESTION_SERVICE_WEBHOOK_URL');
  const [apiKey] = list(env('INGESTION_SERVICE_API_KEY'));
  const apiTokens = list(env('CMS_API_TOKEN'));
  const missing = [
    ...(env('CMS_DATABASE_URL') || env('DATABASE_URL') ? [] : ['CMS_DATABASE_URL']),
    ...(apiTokens.length > 0 ? [] : ['CMS_API_TOKEN']),
    // A receiver is named, and nothing to show it.
    ...(baseUrl && !apiKey ? ['INGESTION_SERVICE_API_KEY'] : []),
  ];
  return {
    apiTokens,
    missing,
    webhook: baseUrl ? { baseUrl, apiKey, secret: env('WEBHOOK_SECRET') } : null,
  };
};
