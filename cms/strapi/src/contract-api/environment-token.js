const { createHash, timingSafeEqual } = require('node:crypto');

const digest = (token) => createHash('sha256').update(token).digest();

/** Recognizes the tokens of `CMS_API_TOKEN`. Digests make the comparison's time equal. */
async function authenticate(ctx) {
  const given = /^Bearer +(\S+) *$/i.exec(ctx.get('authorization'))?.[1];
  if (given === undefined) return { authenticated: false };
  const tokens = strapi.config.get('tidings.apiTokens');
  const known = tokens.some((token) => timingSafeEqual(digest(token), digest(given)));
  return known ? { authenticated: true, credentials: {} } : { authenticated: false };
}

module.exports = { name: 'environment-token', authenticate };
