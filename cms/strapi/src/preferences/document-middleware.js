const { errors } = require('@strapi/utils');
const { unlessDuplicate } = require('../contract-api/refusals');
const { lockRow } = require('../contract-api/rows');
const { enqueue } = require('../webhooks/outbox');
const { ownerKey, PREFERENCE, present } = require('./record');

/**
 * What has to hold for every write of a preference, whoever makes it: the contract's routes, a person in
 * the admin panel, another plugin. All of them go through the Document Service.
 */

const WRITES = ['create', 'update', 'clone', 'delete'];
const DUPLICATE_MESSAGE =
  'This person already has preferences for this company and bot; change those instead.';

/** Keeps the key columns in step with the relations, and tells of the change, in one transaction. */
function preferenceMiddleware(ctx, next) {
  if (ctx.uid !== PREFERENCE || !WRITES.includes(ctx.action)) return next();
  return unlessDuplicate(DUPLICATE_MESSAGE, () =>
    strapi.db.transaction(async ({ trx, onCommit }) => {
      const { data } = ctx.params;
      if (typeof data?.user_email === 'string') data.user_email = data.user_email.toLowerCase();
      const changes = ctx.action === 'update' || ctx.action === 'delete';
      const before = changes ? await lockRow(trx, PREFERENCE, ctx.params.documentId) : undefined;
      const result = await next();
      const after = ctx.action === 'delete' ? null : await keyedRow(result);
      for (const message of messagesOf(before, after)) await enqueue(message);
      onCommit(() => strapi.eventHub.emit('tidings.webhook-enqueued'));
      return result;
    }),
  );
}

/**
 * The row as it is after a write, its key columns equal to its relations.
 * @throws ValidationError where a relation is missing
 */
async function keyedRow(result) {
  const documentId = result?.documentId ?? result?.entries?.[0]?.documentId;
  if (documentId === undefined) return null;
  const rows = strapi.db.query(PREFERENCE);
  const populate = { company: { select: ['id'] }, bot: { select: ['id'] } };
  const row = await rows.findOne({ where: { documentId }, populate });
  const missing = ['company', 'bot'].filter((relation) => !row[relation]);
  if (missing.length > 0)
    throw new errors.ValidationError(`Preferences need ${missing.join(' and ')}.`, {
      errors: missing.map((relation) => ({ path: [relation], message: 'is needed' })),
    });
  const keys = { company_id: row.company.id, bot_id: row.bot.id };
  if (row.company_id !== keys.company_id || row.bot_id !== keys.bot_id)
    await rows.update({ where: { id: row.id }, data: keys });
  return { ...row, ...keys };
}

/** What there is to tell; a row that moved to somebody else is gone for whom it was before. */
function* messagesOf(before, after) {
  const moved = before && after && ownerKey(before) !== ownerKey(after);
  if (before && (moved || !after)) yield { action: 'deleted', ...ownerColumns(before) };
  if (!after) return;
  const action = before && !moved ? 'updated' : 'created';
  yield { action, ...ownerColumns(after), preferences: present(after) };
}

const ownerColumns = ({ company_id, bot_id, user_email }) => ({ company_id, bot_id, user_email });

module.exports = { DUPLICATE_MESSAGE, preferenceMiddleware };
