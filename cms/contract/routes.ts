import { z } from 'zod';
import {
  botChange,
  botInput,
  cmsHealth,
  companyChange,
  companyInput,
  fileRecordChange,
  fileRecordInput,
} from '../../src/contracts/cms.ts';
import {
  byUserParams,
  fileFilters,
  pageQuery,
  preferenceFilters,
} from '../../src/contracts/cms-lists.ts';
import { bulkRequest, preferenceChange, preferenceInput } from '../../src/contracts/preferences.ts';
import { identifier, numericId } from '../../src/contracts/text.ts';
import { bulk, byUser, one as oneOf, pageOf, RECORDS } from './answers.ts';

/** The routes a CMS has to serve, as data: what the document is made of. */

export interface ContractRoute {
  method: 'get' | 'post' | 'put' | 'delete';
  /** Parameters as `{name}`. */
  path: string;
  summary: string;
  tag: 'preferences' | 'companies' | 'bots' | 'files' | 'health';
  /** Answered without a token. */
  open?: boolean;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** What is answered to a request that succeeds, by status; null where there is no body. */
  answers: Record<number, z.ZodType | null>;
  /** What else may be answered: a problem document, by status. */
  refusals?: Record<number, string>;
}

interface ContentType {
  tag: ContractRoute['tag'];
  base: string;
  /** Singular, with its article. */
  one: string;
  /** Which ids the address of one record takes. */
  id: z.ZodType;
  filters: z.ZodObject;
  record: z.ZodType;
  input: z.ZodType;
  change: z.ZodType;
  /** When creating is refused with 409; changing too where a change can bring it about. */
  conflict: string;
  movable?: boolean;
  removable?: boolean;
}

const PREFERENCES = '/api/user-notification-preferences';
const eitherId = z.union([numericId, identifier()]).meta({
  description: 'The numeric id or the documentId',
});
const documentId = identifier().meta({
  description: 'The documentId; a numeric id names no file, even where it reads like one',
});
const unknown: Record<number, string> = { 404: 'There is no such record' };
const invalid: Record<number, string> = {
  400: 'The request is not valid; `errors` names each field',
};

/** The routes every content type has: list, one, create, change and, where it can be, delete. */
function contentRoutes(type: ContentType): ContractRoute[] {
  const { tag, base, one } = type;
  const params = z.object({ id: type.id });
  const body = (data: z.ZodType) => z.strictObject({ data });
  const answer = oneOf(type.record);
  const conflict: Record<number, string> = { 409: type.conflict };
  const routes: ContractRoute[] = [
    {
      method: 'get',
      path: base,
      summary: `A page of ${tag}`,
      tag,
      query: pageQuery.extend(type.filters.shape),
      answers: { 200: pageOf(type.record) },
      refusals: invalid,
    },
    {
      method: 'post',
      path: base,
      summary: `Create ${one}`,
      tag,
      body: body(type.input),
      answers: { 201: answer },
      refusals: { ...invalid, ...conflict },
    },
    {
      method: 'get',
      path: `${base}/{id}`,
      summary: `Read ${one}`,
      tag,
      params,
      answers: { 200: answer },
      refusals: unknown,
    },
    {
      method: 'put',
      path: `${base}/{id}`,
      summary: `Change ${one}; what is not named stays`,
      tag,
      params,
      body: body(type.change),
      answers: { 200: answer },
      refusals: { ...invalid, ...unknown, ...(type.movable ? conflict : {}) },
    },
  ];
  if (!type.removable) return routes;
  const summary = `Delete ${one}`;
  const path = `${base}/{id}`;
  return [
    ...routes,
    { method: 'delete', path, summary, tag, params, answers: { 204: null }, refusals: unknown },
  ];
}

/** Every route of the contract. */
export const CONTRACT_ROUTES: ContractRoute[] = [
  {
    method: 'get',
    path: `${PREFERENCES}/by-user/{companyId}/{botId}/{userEmail}`,
    summary: "What applies to one person: their own row, else the company's defaults, else ours",
    tag: 'preferences',
    params: byUserParams,
    answers: { 200: byUser },
    refusals: invalid,
  },
  {
    method: 'post',
    path: `${PREFERENCES}/bulk-get`,
    summary: 'What applies to up to 100 people; `missing_preferences` names who has no own row',
    tag: 'preferences',
    body: bulkRequest,
    answers: { 200: bulk },
    refusals: invalid,
  },
  ...contentRoutes({
    tag: 'preferences',
    base: PREFERENCES,
    one: "one person's preferences",
    id: eitherId,
    filters: preferenceFilters,
    record: RECORDS.preference,
    input: preferenceInput,
    change: preferenceChange,
    conflict: 'The person already has preferences for this company and bot',
    movable: true,
    removable: true,
  }),
  ...contentRoutes({
    tag: 'companies',
    base: '/api/companies',
    one: 'a company',
    id: eitherId,
    filters: z.object({}),
    record: RECORDS.company,
    input: companyInput,
    change: companyChange,
    conflict: 'The id is taken',
  }),
  ...contentRoutes({
    tag: 'bots',
    base: '/api/bots',
    one: 'a bot',
    id: eitherId,
    filters: z.object({}),
    record: RECORDS.bot,
    input: botInput,
    change: botChange,
    conflict: 'The id is taken',
  }),
  ...contentRoutes({
    tag: 'files',
    base: '/api/files',
    one: 'a file record',
    id: documentId,
    filters: fileFilters,
    record: RECORDS.file,
    input: fileRecordInput,
    change: fileRecordChange,
    conflict: 'The documentId is taken',
    removable: true,
  }),
  {
    method: 'get',
    path: '/api/health',
    summary: 'Whether the CMS and its database answer; 503 when they do not',
    tag: 'health',
    open: true,
    answers: { 200: cmsHealth, 503: cmsHealth },
  },
];
