const list = (text = '') =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);

/**
 * What the contract is served with.
 * @throws Error naming the variable that is missing
 */
module.exports = ({ env }) => {
  const apiTokens = list(env('CMS_API_TOKEN'));
  if (apiTokens.length === 0) throw new Error('CMS_API_TOKEN is not set');
  const baseUrl = env('INGESTION_SERVICE_WEBHOOK_URL');
  const [apiKey] = list(env('INGESTION_SERVICE_API_KEY'));
  if (baseUrl && !apiKey)
    throw new Error(
      'INGESTION_SERVICE_API_KEY is needed where INGESTION_SERVICE_WEBHOOK_URL is set',
    );
  return {
    apiTokens,
    webhook: baseUrl ? { baseUrl, apiKey, secret: env('WEBHOOK_SECRET') } : null,
  };
};
