const environmentToken = require('./environment-token');

/** Tokens made in the admin panel are as good as those of the environment. */
const TOKENS = { strategies: [environmentToken, 'content-api-token'] };

/** A route of the contract. */
const route = (method, path, handler) => ({
  method,
  path,
  handler,
  config: { auth: { ...TOKENS } },
});

/** The routes of a content type; `delete` only where the contract has it. */
function contentRoutes(singular, plural, { removable = false } = {}) {
  const one = `/${plural}/:id`;
  return [
    route('GET', `/${plural}`, `${singular}.find`),
    route('POST', `/${plural}`, `${singular}.create`),
    route('GET', one, `${singular}.findOne`),
    route('PUT', one, `${singular}.update`),
    ...(removable ? [route('DELETE', one, `${singular}.delete`)] : []),
  ];
}

module.exports = { contentRoutes, route };
