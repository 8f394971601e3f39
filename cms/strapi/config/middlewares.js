/** Strapi's usual ones but `strapi::logger`: the addresses it logs hold e-mail addresses. */
module.exports = [
  'global::problem-documents',
  'strapi::errors',
  'strapi::security',
  'strapi::cors',
  'strapi::query',
  'strapi::body',
  'strapi::session',
  { name: 'strapi::favicon', config: { path: './public/favicon.svg' } },
  'strapi::public',
];
