const { existsSync } = require('node:fs');
const { join } = require('node:path');

/** The panel is served where `npm run build` has made it; its API is there either way. */
const isBuilt = existsSync(join(__dirname, '..', 'build', 'index.html'));

module.exports = ({ env }) => ({
  serveAdminPanel: isBuilt,
  auth: { secret: env('ADMIN_JWT_SECRET') },
  apiToken: { salt: env('API_TOKEN_SALT') },
  transfer: { token: { salt: env('TRANSFER_TOKEN_SALT') } },
  secrets: { encryptionKey: env('ENCRYPTION_KEY') },
  flags: { nps: false, promoteEE: false },
});
