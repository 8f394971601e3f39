const { botChange, botInput } = require('../../../contract');
const numberedCollection = require('../../../contract-api/numbered-collection');

const present = (row) => ({
  id: row.id,
  documentId: row.documentId,
  name: row.name,
  processing_settings: row.processing_settings ?? {},
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
});

module.exports = numberedCollection({
  uid: 'api::bot.bot',
  name: 'bot',
  input: botInput,
  change: botChange,
  present,
});
