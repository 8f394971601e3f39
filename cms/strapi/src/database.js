const PATIENCE_MS = 2000;

/** Whether Strapi's database takes a statement now, asked within two seconds. Never throws. */
const databaseAnswers = () =>
  strapi.db.connection
    .raw('select 1')
    .timeout(PATIENCE_MS)
    .then(
      () => true,
      () => false,
    );

module.exports = { databaseAnswers };
