const { companyChange, companyInput } = require('../../../contract');
const numberedCollection = require('../../../contract-api/numbered-collection');

const present = (row) => ({
  id: row.id,
  documentId: row.documentId,
  name: row.name,
  default_notification_settings: row.default_notification_settings ?? {},
  notification_quota: row.notification_quota,
  notification_usage: row.notification_usage,
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
});

module.exports = numberedCollection({
  uid: 'api::company.company',
  name: 'company',
  input: companyInput,
  change: companyChange,
  present,
});
