const { z } = require('zod');
const collection = require('./collection');
const { ensureNumber } = require('./numbers');
const { duplicate } = require('./refusals');
const { byEitherId } = require('./rows');

/** The controller of companies or bots: `collection`, where whoever creates may choose the number. */
module.exports = function numberedCollection(type) {
  const { uid, name } = type;
  const conflict = `A ${name} with this id already exists.`;
  const create = async ({ id, ...data }) => {
    if (id === undefined) return strapi.documents(uid).create({ data });
    const documentId = await ensureNumber(uid, id);
    if (documentId === undefined) throw duplicate(conflict);
    return strapi.documents(uid).update({ documentId, data });
  };
  return collection({
    ...type,
    conflict,
    create,
    byId: byEitherId,
    filters: z.object({}),
    where: () => ({}),
  });
};
