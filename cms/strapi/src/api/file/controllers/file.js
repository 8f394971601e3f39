const { errors } = require('@strapi/utils');
const { fileFilters, fileRecordChange, fileRecordInput } = require('../../../contract');
const collection = require('../../../contract-api/collection');
const ownerRelations = require('../../../contract-api/owner-relations');
const { duplicate } = require('../../../contract-api/refusals');
const { byDocumentId } = require('../../../contract-api/rows');

const FILE = 'api::file.file';
const CONFLICT = 'A file with this documentId already exists.';

const reference = (row) => (row ? { id: row.id } : null);

const present = (row) => ({
  id: row.id,
  documentId: row.documentId,
  name: row.name,
  storage_key: row.storage_key,
  company: reference(row.company),
  bot: reference(row.bot),
  notification_sent: row.notification_sent,
  last_notification_batch: row.last_notification_batch,
  processing_metadata: row.processing_metadata ?? {},
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
});

const dataOf = async (fields) => ({ ...fields, ...(await ownerRelations(fields)) });

/** Strapi refuses a documentId that is taken with 400, unless another request is just taking it. */
async function create(input) {
  const { documentId } = input;
  try {
    return await strapi.documents(FILE).create({ data: await dataOf(input) });
  } catch (error) {
    const taken =
      error instanceof errors.ApplicationError &&
      documentId &&
      (await strapi.db.query(FILE).findOne({ where: { documentId } }));
    throw taken ? duplicate(CONFLICT) : error;
  }
}

module.exports = collection({
  uid: FILE,
  name: 'file',
  conflict: CONFLICT,
  byId: byDocumentId,
  filters: fileFilters,
  where: ({ company, bot, documentId }) => ({
    ...(company === undefined ? {} : { company: { id: company } }),
    ...(bot === undefined ? {} : { bot: { id: bot } }),
    ...(documentId === undefined ? {} : { documentId: { $in: documentId } }),
  }),
  input: fileRecordInput,
  change: fileRecordChange,
  populate: { company: { select: ['id'] }, bot: { select: ['id'] } },
  create,
  dataOf,
  present,
});
