const { contentRoutes, route } = require('../../../contract-api/routes');

const BASE = '/user-notification-preferences';
const CONTROLLER = 'user-notification-preference';

module.exports = {
  routes: [
    route('GET', `${BASE}/by-user/:companyId/:botId/:userEmail`, `${CONTROLLER}.byUser`),
    route('POST', `${BASE}/bulk-get`, `${CONTROLLER}.bulkGet`),
    ...contentRoutes(CONTROLLER, 'user-notification-preferences', { removable: true }),
  ],
};
