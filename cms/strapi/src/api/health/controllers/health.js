const { databaseAnswers } = require('../../../database');
const delivery = require('../../../webhooks/delivery');

module.exports = {
  async check(ctx) {
    const database = (await databaseAnswers()) ? 'healthy' : 'unhealthy';
    const ingestion = delivery.lastAttempt();
    ctx.body = {
      timestamp: new Date().toISOString(),
      status: database,
      services: { database, ...(ingestion && { ingestion_service: ingestion }) },
      system: { uptime: process.uptime(), memory: process.memoryUsage() },
    };
    ctx.status = database === 'healthy' ? 200 : 503;
  },
};
