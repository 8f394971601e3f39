const { STATUS_CODES } = require('node:http');
const { DUPLICATE } = require('../contract-api/refusals');

/** Answers of `/api` that are not a success become problem documents (RFC 9457), as the contract has them. */
module.exports = () => async (ctx, next) => {
  await next();
  const error = ctx.body?.error;
  if (!ctx.path.startsWith('/api/') || ctx.status < 400 || !error) return;
  const status = error.details?.reason === DUPLICATE ? 409 : ctx.status;
  const errors = error.details?.errors?.map(({ path, message }) => ({
    path: path.join('.'),
    message,
  }));
  ctx.status = status;
  ctx.body = {
    type: 'about:blank',
    title: STATUS_CODES[status],
    status,
    detail: error.message,
    ...(errors ? { errors } : {}),
  };
  ctx.type = 'application/problem+json';
  if (status === 401) ctx.set('WWW-Authenticate', 'Bearer');
};
