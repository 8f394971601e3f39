const { contentRoutes } = require('../../../contract-api/routes');

module.exports = { routes: contentRoutes('company', 'companies') };
