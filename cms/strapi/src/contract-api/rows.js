const { identifier, numericIdText } = require('../contract');

/** Finding rows by what an address or a filter says. */

/** The condition for a documentId; null for one that cannot be. */
const byDocumentId = (reference) =>
  identifier().safeParse(reference).success ? { documentId: reference } : null;

/** The condition for a numeric id or a documentId. */
function byEitherId(reference) {
  const numeric = numericIdText.safeParse(reference);
  return numeric.success ? { id: numeric.data } : byDocumentId(reference);
}

/**
 * Locks the row of a document until the transaction ends, so that whoever came second sees what the
 * first one did.
 * @returns the row's columns, or undefined where there is none
 */
function lockRow(trx, uid, documentId) {
  const { collectionName } = strapi.getModel(uid);
  return trx(collectionName).where({ document_id: documentId }).forUpdate().first();
}

module.exports = { byDocumentId, byEitherId, lockRow };
