const { randomUUID } = require('node:crypto');

/** Companies and bots are known by number everywhere; others may have chosen the number. */

/**
 * Sees that there is a company or bot with this number; a new one has no name until somebody gives it one.
 * @returns the documentId of a new row, undefined where there was one
 */
function ensureNumber(uid, id) {
  const { collectionName, attributes } = strapi.getModel(uid);
  const defaults = Object.entries(attributes)
    .filter(([, attribute]) => ['integer', 'boolean'].includes(attribute.type))
    .map(([name, attribute]) => [name, attribute.default]);
  return strapi.db.transaction(async ({ trx }) => {
    const now = new Date();
    const times = { created_at: now, updated_at: now, published_at: now };
    const row = { ...Object.fromEntries(defaults), id, document_id: randomUUID(), ...times };
    const [made] = await trx(collectionName)
      .insert(row)
      .onConflict('id')
      .ignore()
      .returning('document_id');
    return made?.document_id;
  });
}

/** Moves the sequence on past numbers that were chosen, so that the next row gets a free one. */
async function skipTakenNumbers(trx, uid) {
  const { collectionName } = strapi.getModel(uid);
  const taken = `
    select exists (select 1 from ?? where id = s.last_value + s.is_called::int) as taken
    from ?? s`;
  const sequence = `${collectionName}_id_seq`;
  while ((await trx.raw(taken, [collectionName, sequence])).rows[0].taken)
    await trx.raw('select nextval(?)', [sequence]);
}

module.exports = { ensureNumber, skipTakenNumbers };
