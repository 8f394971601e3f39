const { pageQuery } = require('../contract');
const { found, unlessDuplicate, validated, validatedData } = require('./refusals');
const { lockRow } = require('./rows');

/**
 * The controller of a content type of the contract. Reads ask the database, writes go through the
 * Document Service, as the admin panel's do.
 *
 * @param type.uid the content type
 * @param type.name singular, as messages call it
 * @param type.conflict said where a row with the same key is there already
 * @param type.byId the condition for an id of an address, or null
 * @param type.filters schema of the filters, and `type.where` the condition they make
 * @param type.input and `type.change`: schemas of what may be written
 * @param type.populate relations that `type.present` needs
 * @param type.create and `type.dataOf`: how what was sent becomes a document
 */
module.exports = function collection(type) {
  const { uid, name, conflict, populate } = type;
  const rows = () => strapi.db.query(uid);
  const read = (where) => (where ? rows().findOne({ where, populate }) : null);
  const dataOf = type.dataOf ?? (async (fields) => fields);
  const create =
    type.create ?? (async (input) => strapi.documents(uid).create({ data: await dataOf(input) }));
  const written = (write) =>
    unlessDuplicate(conflict, () => strapi.db.transaction(({ trx }) => write(trx)));
  const locked = async (trx, reference) => {
    const { documentId } = found(name, await read(type.byId(reference)));
    found(name, await lockRow(trx, uid, documentId));
    return documentId;
  };
  const answer = async ({ documentId }) => ({ data: type.present(await read({ documentId })) });

  return {
    async find(ctx) {
      const { page, pageSize } = validated(pageQuery, ctx.query);
      const where = type.where(validated(type.filters, ctx.query));
      const [found, total] = await rows().findWithCount({
        where,
        populate,
        orderBy: { id: 'asc' },
        limit: pageSize,
        offset: (page - 1) * pageSize,
      });
      const pageCount = Math.ceil(total / pageSize);
      return {
        data: found.map(type.present),
        meta: { pagination: { page, pageSize, pageCount, total } },
      };
    },

    async findOne(ctx) {
      return { data: type.present(found(name, await read(type.byId(ctx.params.id)))) };
    },

    async create(ctx) {
      const input = validatedData(type.input, ctx.request.body);
      ctx.body = await written(async () => answer(await create(input)));
      ctx.status = 201;
    },

    async update(ctx) {
      const change = validatedData(type.change, ctx.request.body);
      return written(async (trx) => {
        const documentId = await locked(trx, ctx.params.id);
        const data = await dataOf(change);
        return answer(await strapi.documents(uid).update({ documentId, data }));
      });
    },

    async delete(ctx) {
      await written(async (trx) => {
        const documentId = await locked(trx, ctx.params.id);
        await strapi.documents(uid).delete({ documentId });
      });
      ctx.status = 204;
    },
  };
};
