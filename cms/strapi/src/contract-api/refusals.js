const { errors } = require('@strapi/utils');
const { z } = require('zod');

/** What a request can be refused for, as Strapi's own errors. */

const DUPLICATE = 'duplicate';
const UNIQUE_VIOLATION = '23505';

/**
 * The input as the schema reads it.
 * @throws ValidationError naming each field at fault
 */
function validated(schema, input) {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new errors.ValidationError('The request is not valid; errors names each field.', {
    errors: parsed.error.issues.flatMap(fieldErrors),
  });
}

/** The `{ "data": … }` of a request body. */
const validatedData = (schema, body) => validated(z.strictObject({ data: schema }), body).data;

function fieldErrors(issue) {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }];
  return issue.keys.map((key) => ({
    path: [...issue.path, key],
    message: 'is not a known field',
  }));
}

/** Another row has the key already; the contract's 409. */
const duplicate = (message) => new errors.ApplicationError(message, { reason: DUPLICATE });

/** Runs a write and says, where a unique index refuses it, what that means. */
async function unlessDuplicate(message, write) {
  try {
    return await write();
  } catch (error) {
    throw error.code === UNIQUE_VIOLATION ? duplicate(message) : error;
  }
}

/** @throws NotFoundError where there is nothing */
function found(name, value) {
  if (!value) throw new errors.NotFoundError(`There is no ${name} with this id.`);
  return value;
}

module.exports = { DUPLICATE, duplicate, found, unlessDuplicate, validated, validatedData };
