const { contentRoutes } = require('../../../contract-api/routes');

module.exports = { routes: contentRoutes('file', 'files', { removable: true }) };
