const { randomUUID } = require('node:crypto');

const OUTBOX = 'api::webhook-message.webhook-message';
const AT_ONCE = new Date(0);

/** Writes a webhook into the outbox, in the transaction of the change it tells of. */
async function enqueue(message) {
  if (!strapi.config.get('tidings.webhook')) return;
  const payload = JSON.stringify({ ...message, timestamp: new Date().toISOString() });
  const data = { message_id: `msg_${randomUUID()}`, payload, next_attempt_at: AT_ONCE };
  await strapi.db.query(OUTBOX).create({ data });
}

module.exports = { enqueue, OUTBOX };
