const { OUTBOX } = require('./outbox');
const { postWebhook } = require('./request');

/** So many are under way at once; a receiver that hangs blocks no more connections than this. */
const LANES = 4;
const POLL_MS = 1000;
const MAX_BACKOFF_SECONDS = 300;
const KEPT_DAYS = 7;

let last = null;

/** The outcome of the last attempt, `healthy` or `unhealthy`; null before the first. */
const lastAttempt = () => last;

/**
 * Delivers the outbox until stopped. A row stays locked while it is being sent, so no second process
 * sends it meanwhile, and a process that dies lets it go at once. Failures wait 1 s, doubled to 300 s.
 * @returns `wake`, to look at once, and `stop`
 */
function startDelivery(target) {
  const stopping = new AbortController();
  const { collectionName: table } = strapi.getModel(OUTBOX);
  const knex = strapi.db.connection;
  let woken = false;
  let running = null;

  const attempt = async (row) => {
    try {
      await postWebhook(target, row, stopping.signal);
      last = 'healthy';
      return { delivered_at: knex.fn.now(), last_error: null };
    } catch (error) {
      if (stopping.signal.aborted) throw error;
      last = 'unhealthy';
      const reason = (error.cause?.code ?? error.message).slice(0, 255);
      strapi.log.warn(
        `webhook ${row.message_id} not taken, attempt ${row.attempts + 1}: ${reason}`,
      );
      const seconds = Math.min(MAX_BACKOFF_SECONDS, 2 ** row.attempts);
      const later = knex.raw("now() + ? * interval '1 second'", [seconds]);
      return { next_attempt_at: later, last_error: reason };
    }
  };
  const deliverNext = () =>
    knex.transaction(async (trx) => {
      const row = await trx(table)
        .whereNull('delivered_at')
        .where('next_attempt_at', '<=', knex.fn.now())
        .orderBy(['next_attempt_at', 'id'])
        .forUpdate()
        .skipLocked()
        .first();
      if (!row) return false;
      const outcome = await attempt(row);
      await trx(table)
        .where({ id: row.id })
        .update({ attempts: row.attempts + 1, ...outcome });
      return true;
    });

  const lane = async () => {
    try {
      while (!stopping.signal.aborted && (await deliverNext()));
    } catch (error) {
      if (!stopping.signal.aborted)
        strapi.log.error(`webhook outbox cannot be read, trying again: ${error.code ?? 'unknown'}`);
    }
  };
  const drain = async () => {
    do {
      woken = false;
      await Promise.all(Array.from({ length: LANES }, lane));
    } while (woken && !stopping.signal.aborted);
  };
  const wake = () => {
    woken = true;
    if (running || stopping.signal.aborted) return;
    running = drain().finally(() => {
      running = null;
    });
  };

  const timer = setInterval(wake, POLL_MS);
  return {
    wake,
    stop: async () => {
      clearInterval(timer);
      stopping.abort();
      await running;
    },
  };
}

/** Removes what was delivered more than a week ago. */
function forgetDelivered() {
  const { collectionName } = strapi.getModel(OUTBOX);
  const old = strapi.db.connection.raw("now() - ? * interval '1 day'", [KEPT_DAYS]);
  return strapi.db.connection(collectionName).where('delivered_at', '<', old).delete();
}

module.exports = { forgetDelivered, lastAttempt, startDelivery };
