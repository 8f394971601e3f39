const readyToStart = require('./ready-to-start');
const { companyMiddleware } = require('./preferences/company-middleware');
const { preferenceMiddleware } = require('./preferences/document-middleware');
const { forgetDelivered, startDelivery } = require('./webhooks/delivery');

const HOURLY = '0 * * * *';
let delivery = null;

module.exports = {
  async register({ strapi }) {
    await readyToStart();
    strapi.documents.use(preferenceMiddleware);
    strapi.documents.use(companyMiddleware);
  },

  bootstrap({ strapi }) {
    const target = strapi.config.get('tidings.webhook');
    if (!target) return;
    delivery = startDelivery(target);
    strapi.eventHub.on('tidings.webhook-enqueued', delivery.wake);
    strapi.cron.add({ forgetDelivered: { task: forgetDelivered, options: { rule: HOURLY } } });
  },

  async destroy() {
    await delivery?.stop();
  },
};
