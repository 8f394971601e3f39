const { STATUS_CODES } = require('node:http');
const { DUPLICATE } = require('../contract-api/refusals');
const { databaseAnswers } = require('../database');

const DATABASE_AWAY = 'The database of the CMS cannot be reached; try again shortly.';

/**
 * Answers of `/api` that are not a success become problem documents (RFC 9457), as the contract has
 * them. Strapi knows one status for all that fails within it; without its database it is 503.
 */
module.exports = () => async (ctx, next) => {
  await next();
  const error = ctx.body?.error;
  if (!ctx.path.startsWith('/api/') || ctx.status < 400 || !error) return;
  const away = ctx.status === 500 && !(await databaseAnswers());
  const status = away ? 503 : error.details?.reason === DUPLICATE ? 409 : ctx.status;
  const errors = error.details?.errors?.map(({ path, message }) => ({
    path: path.join('.'),
    message,
  }));
  ctx.status = status;
  ctx.body = {
    type: 'about:blank',
    title: STATUS_CODES[status],
    status,
    detail: away ? DATABASE_AWAY : error.message,
    ...(errors ? { errors } : {}),
  };
  ctx.type = 'application/problem+json';
  if (status === 401) ctx.set('WWW-Authenticate', 'Bearer');
};
