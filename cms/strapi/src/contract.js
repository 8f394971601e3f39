'use strict';
// Generated from src/contracts by `npm run openapi`; the shapes are changed there.
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __export = (target, all) => {
  for (var name in all)
    __defProp(target, name, { get: all[name], enumerable: true });
};
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to;
};
var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);

// <stdin>
var stdin_exports = {};
__export(stdin_exports, {
  BUILT_IN_SETTINGS: () => BUILT_IN_SETTINGS,
  EMAIL_FORMATS: () => EMAIL_FORMATS,
  MAX_BULK_USERS: () => MAX_BULK_USERS,
  PREFERENCE_SOURCES: () => PREFERENCE_SOURCES,
  botChange: () => botChange,
  botInput: () => botInput,
  botRecord: () => botRecord,
  bulkAnswer: () => bulkAnswer,
  bulkRequest: () => bulkRequest,
  byUserAnswer: () => byUserAnswer,
  byUserParams: () => byUserParams,
  cmsHealth: () => cmsHealth,
  companyChange: () => companyChange,
  companyInput: () => companyInput,
  companyRecord: () => companyRecord,
  fileFilters: () => fileFilters,
  fileRecord: () => fileRecord,
  fileRecordChange: () => fileRecordChange,
  fileRecordInput: () => fileRecordInput,
  identifier: () => identifier,
  notificationSettings: () => notificationSettings,
  numericIdText: () => numericIdText,
  pageMeta: () => pageMeta,
  pageQuery: () => pageQuery,
  partialSettings: () => partialSettings,
  preferenceChange: () => preferenceChange,
  preferenceFilters: () => preferenceFilters,
  preferenceInput: () => preferenceInput,
  preferenceOwner: () => preferenceOwner,
  preferenceRecord: () => preferenceRecord,
  preferenceWebhook: () => preferenceWebhook,
  resolvedPreferences: () => resolvedPreferences
});
module.exports = __toCommonJS(stdin_exports);

// src/contracts/cms.ts
var import_zod3 = require("zod");

// src/contracts/preferences.ts
var import_zod2 = require("zod");

// src/contracts/text.ts
var import_zod = require("zod");
var NUL_OR_LONE_SURROGATE = (
  // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is exactly what has to be found
  /\u0000|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
);
function storable(value) {
  if (value.isWellFormed() && !value.includes("\0")) return value;
  return value.replace(NUL_OR_LONE_SURROGATE, "\uFFFD");
}
function storableJson(value) {
  if (typeof value === "string") return storable(value);
  if (Array.isArray(value)) return value.map(storableJson);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [storable(key), storableJson(item)])
  );
}
var isFlawless = ({ issues }) => issues.length === 0;
var MAX_JSON_DEPTH = 64;
function isShallow(root) {
  let level = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_JSON_DEPTH) return false;
    level = level.flatMap(
      (value) => typeof value === "object" && value !== null ? Object.values(value) : []
    );
  }
  return true;
}
var jsonObject = import_zod.z.record(import_zod.z.string(), import_zod.z.unknown()).refine(isShallow, {
  error: `is nested more than ${MAX_JSON_DEPTH} levels deep`,
  abort: true
}).overwrite(storableJson);
var freeText = (max) => import_zod.z.string().max(max).overwrite(storable);
var identifier = (max = 255) => import_zod.z.string().min(1).max(max).refine((value) => storable(value) === value, "contains a character that cannot be stored");
var MAX_KEY_BYTES = 1024;
var storageKey = identifier(MAX_KEY_BYTES).refine(
  (key) => Buffer.byteLength(key) <= MAX_KEY_BYTES,
  `is longer than the ${MAX_KEY_BYTES} bytes of an object's key`
);
var numericId = import_zod.z.number().int().min(1).max(2 ** 31 - 1);
var numericIdParam = import_zod.z.coerce.number().int().min(1).max(2 ** 31 - 1);
var emailAddress = import_zod.z.email().max(255).toLowerCase();
var EARLIEST = Date.parse("0001-01-01T00:00:00Z");
var LATEST = Date.parse("9999-12-31T23:59:59.999Z");
var timestamp = import_zod.z.iso.datetime({ offset: true }).refine((at) => Date.parse(at) >= EARLIEST && Date.parse(at) <= LATEST, {
  error: "is not a possible time",
  when: isFlawless
});

// src/contracts/preferences.ts
var EMAIL_FORMATS = ["html", "text"];
var settings = {
  notification_enabled: import_zod2.z.boolean(),
  batch_size_threshold: import_zod2.z.number().int().min(1).max(100),
  notification_delay_minutes: import_zod2.z.number().int().min(1).max(1440),
  email_format: import_zod2.z.enum(EMAIL_FORMATS),
  include_success_details: import_zod2.z.boolean(),
  include_error_details: import_zod2.z.boolean()
};
var personal = {
  /** BCP 47 language tag, such as `de` or `en-GB`. */
  locale: import_zod2.z.string().regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, "is not a language tag").max(35).nullable(),
  /** IANA time zone, such as `Europe/Berlin`. */
  timezone: import_zod2.z.string().max(64).refine(isTimeZone, "is not a time zone").nullable()
};
function isTimeZone(name) {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
var notificationSettings = import_zod2.z.object({
  ...settings,
  locale: personal.locale.nullish().catch(null),
  timezone: personal.timezone.nullish().catch(null)
});
var partialSettings = import_zod2.z.object({ ...settings, ...personal }).partial();
var BUILT_IN_SETTINGS = {
  notification_enabled: true,
  batch_size_threshold: 5,
  notification_delay_minutes: 30,
  email_format: "html",
  include_success_details: true,
  include_error_details: true
};
var preferenceOwner = import_zod2.z.object({
  company_id: numericId,
  bot_id: numericId,
  user_email: emailAddress
});
var preferenceRecord = notificationSettings.extend({
  id: import_zod2.z.number().int().optional(),
  documentId: import_zod2.z.string().optional(),
  user_email: emailAddress,
  company: import_zod2.z.object({ id: numericId }).nullish(),
  bot: import_zod2.z.object({ id: numericId }).nullish()
});
var preferenceInput = import_zod2.z.strictObject({
  company: numericId,
  bot: numericId,
  user_email: emailAddress,
  ...partialSettings.shape
});
var preferenceChange = preferenceInput.partial();
var MAX_BULK_USERS = 100;
var bulkRequest = import_zod2.z.strictObject({
  users: import_zod2.z.array(preferenceOwner.extend({ user_email: import_zod2.z.email().max(255) }).strict()).max(MAX_BULK_USERS)
});
var bulkAnswer = import_zod2.z.object({
  data: import_zod2.z.record(import_zod2.z.string(), notificationSettings.nullable()),
  missing_preferences: import_zod2.z.array(import_zod2.z.string()),
  processed_count: import_zod2.z.number().int()
});
var byUserAnswer = import_zod2.z.object({
  data: notificationSettings,
  cache_hit: import_zod2.z.boolean().optional(),
  fallback_applied: import_zod2.z.boolean().optional()
});
var PREFERENCE_SOURCES = ["cms", "cache", "stale_cache", "defaults"];
var resolvedPreferences = import_zod2.z.object({
  data: notificationSettings.extend(preferenceOwner.shape),
  cache_hit: import_zod2.z.boolean(),
  fallback_applied: import_zod2.z.boolean(),
  source: import_zod2.z.enum(PREFERENCE_SOURCES)
});
var preferenceWebhook = import_zod2.z.object({
  action: import_zod2.z.enum(["created", "updated", "deleted"]),
  company_id: numericId,
  bot_id: numericId,
  user_email: emailAddress,
  preferences: import_zod2.z.looseObject({}).nullish(),
  timestamp
});

// src/contracts/cms.ts
var count = import_zod3.z.number().int().min(0).max(2 ** 31 - 1);
var companyRecord = import_zod3.z.object({
  id: numericId,
  documentId: import_zod3.z.string(),
  name: import_zod3.z.string().nullish(),
  default_notification_settings: partialSettings.nullish(),
  notification_quota: import_zod3.z.number().int().min(0).nullish(),
  notification_usage: import_zod3.z.number().int().min(0).nullish()
});
var companyChange = import_zod3.z.strictObject({
  name: freeText(255).min(1).optional(),
  default_notification_settings: partialSettings.strict().optional(),
  notification_quota: count.optional(),
  notification_usage: count.optional()
});
var companyInput = companyChange.extend({
  id: numericId.optional(),
  name: freeText(255).min(1)
});
var botRecord = import_zod3.z.object({
  id: numericId,
  documentId: import_zod3.z.string(),
  name: import_zod3.z.string().nullish(),
  processing_settings: import_zod3.z.record(import_zod3.z.string(), import_zod3.z.unknown()).nullish()
});
var botChange = import_zod3.z.strictObject({
  name: freeText(255).min(1).optional(),
  processing_settings: jsonObject.optional()
});
var botInput = botChange.extend({
  id: numericId.optional(),
  name: freeText(255).min(1)
});
var cmsHealth = import_zod3.z.looseObject({
  timestamp: import_zod3.z.iso.datetime({ offset: true }),
  status: import_zod3.z.enum(["healthy", "unhealthy"]),
  services: import_zod3.z.looseObject({ database: import_zod3.z.enum(["healthy", "unhealthy"]) })
});
var fileRecord = import_zod3.z.object({
  documentId: identifier(),
  name: import_zod3.z.string().nullish(),
  storage_key: import_zod3.z.string().nullish(),
  company: import_zod3.z.object({ id: numericId }).nullish(),
  bot: import_zod3.z.object({ id: numericId }).nullish(),
  notification_sent: import_zod3.z.boolean().nullish(),
  last_notification_batch: import_zod3.z.string().nullish(),
  processing_metadata: import_zod3.z.record(import_zod3.z.string(), import_zod3.z.unknown()).nullish()
});
var fileRecordChange = import_zod3.z.strictObject({
  name: freeText(1024).min(1).optional(),
  storage_key: storageKey.nullable().optional(),
  company: numericId.optional(),
  bot: numericId.optional(),
  notification_sent: import_zod3.z.boolean().optional(),
  last_notification_batch: identifier().nullable().optional(),
  processing_metadata: jsonObject.optional()
});
var fileRecordInput = fileRecordChange.extend({
  documentId: identifier().optional(),
  name: freeText(1024).min(1)
});

// src/contracts/cms-lists.ts
var import_zod4 = require("zod");
var numericIdText = import_zod4.z.string().regex(/^[1-9]\d{0,9}$/, "must be a whole number from 1 to 2147483647").transform(Number).pipe(numericId);
var MAX_PAGE_SIZE = 100;
var wholeText = (max, fallback) => import_zod4.z.string().regex(/^[1-9]\d{0,9}$/, `must be a whole number from 1 to ${max}`).transform(Number).pipe(import_zod4.z.number().max(max)).default(fallback);
var pageQuery = import_zod4.z.object({
  page: wholeText(2 ** 31 - 1, 1),
  pageSize: wholeText(MAX_PAGE_SIZE, 25)
});
var pageMeta = import_zod4.z.object({
  pagination: import_zod4.z.object({
    page: import_zod4.z.number().int(),
    pageSize: import_zod4.z.number().int(),
    pageCount: import_zod4.z.number().int(),
    total: import_zod4.z.number().int()
  })
});
var preferenceFilters = import_zod4.z.object({
  company_id: numericIdText.optional(),
  bot_id: numericIdText.optional(),
  user_email: emailAddress.optional()
});
var fileFilters = import_zod4.z.object({
  company: numericIdText.optional(),
  bot: numericIdText.optional(),
  /** Once per record wanted. */
  documentId: import_zod4.z.union([identifier(), import_zod4.z.array(identifier()).max(MAX_PAGE_SIZE)]).transform((ids) => [ids].flat()).optional()
});
var byUserParams = import_zod4.z.object({
  companyId: numericIdText,
  botId: numericIdText,
  userEmail: emailAddress
});
// Annotate the CommonJS export names for ESM import in node:
0 && (module.exports = {
  BUILT_IN_SETTINGS,
  EMAIL_FORMATS,
  MAX_BULK_USERS,
  PREFERENCE_SOURCES,
  botChange,
  botInput,
  botRecord,
  bulkAnswer,
  bulkRequest,
  byUserAnswer,
  byUserParams,
  cmsHealth,
  companyChange,
  companyInput,
  companyRecord,
  fileFilters,
  fileRecord,
  fileRecordChange,
  fileRecordInput,
  identifier,
  notificationSettings,
  numericIdText,
  pageMeta,
  pageQuery,
  partialSettings,
  preferenceChange,
  preferenceFilters,
  preferenceInput,
  preferenceOwner,
  preferenceRecord,
  preferenceWebhook,
  resolvedPreferences
});
