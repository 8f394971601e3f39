import { z } from 'zod';
import {
  type CompanyChange,
  type CompanyRecord,
  companyRecord,
  type FileRecord,
  type FileRecordChange,
  fileRecord,
} from '../contracts/cms.ts';
import {
  byUserAnswer,
  type NotificationSettings,
  notificationSettings,
  type PreferenceOwner,
} from '../contracts/preferences.ts';
import { ownerKey } from '../domain/owner.ts';
import { type CmsConfig, cmsService } from './cms-service.ts';
import { type Answer, ask, fitting, type Question, wrongAddress } from './http.ts';
import { StoreError } from './store-error.ts';
import { turnOff } from './turn-off.ts';

export { ownerKey };

/** A person's settings as the CMS gave them; `fallback` where it had no row of their own. */
export interface CmsPreferences {
  settings: NotificationSettings;
  fallback: boolean;
}

/**
 * The CMS contract, consumed. Every function throws `StoreError` when the CMS gives no usable answer.
 * "Gone" and null are only said after `check`: a 404 of a wrong address proves nothing.
 */
export interface CmsClient {
  preferencesByUser(owner: PreferenceOwner): Promise<CmsPreferences>;
  /** At most 100 owners, by `ownerKey`. Whom the CMS has no usable answer for is left out. */
  preferencesBulk(owners: PreferenceOwner[]): Promise<Map<string, CmsPreferences>>;
  file(documentId: string): Promise<FileRecord | null>;
  /** Records of several files, at most 100, by document id; absent ones are left out. */
  files(documentIds: readonly string[]): Promise<Map<string, FileRecord>>;
  updateFile(documentId: string, change: FileRecordChange): Promise<'updated' | 'gone'>;
  deleteFile(documentId: string): Promise<'deleted' | 'gone'>;
  /** Creates a file's record anew, under the document id it had. */
  createFile(record: FileRecord): Promise<void>;
  company(id: number): Promise<CompanyRecord | null>;
  updateCompany(id: number, change: CompanyChange): Promise<'updated' | 'gone'>;
  /** Turns a person's notifications for one bot off, whether or not they have preferences yet. */
  turnOff(owner: PreferenceOwner): Promise<void>;
  /** Address, token and contract are right: shown by the preferences of somebody who is nobody. */
  check(): Promise<void>;
}

/** The contract's limit of `bulk-get`, and the longest page of a list. */
export const BULK_LIMIT = 100;

const PREFERENCES = '/api/user-notification-preferences';
const NOBODY: PreferenceOwner = { company_id: 1, bot_id: 1, user_email: 'check@tidings.invalid' };

const fileAnswer = z.object({ data: fileRecord });
const count = z.number().int().min(0);
const companyAnswer = z.object({ data: companyRecord });
const bulkAnswer = z.object({
  data: z.record(z.string(), z.unknown()),
  missing_preferences: z.array(z.string()).optional(),
});

/** A client of the CMS at `CMS_API_URL`; `CMS_TIMEOUT_MS` bounds each exchange, body included. */
export function cmsClient(config: CmsConfig): CmsClient {
  const cms = cmsService(config);

  async function answerOf<S extends z.ZodType>(
    question: Question,
    schema: S,
  ): Promise<z.output<S>> {
    const answer = await ask(cms, question);
    if (answer.absent) throw wrongAddress(cms, question);
    return fitting(schema, answer.body, cms, question);
  }

  /** An absence counts only where the CMS is known to be one. */
  async function askForOne(question: Question): Promise<Answer> {
    const answer = await ask(cms, question);
    if (answer.absent) await client.check();
    return answer;
  }

  const client: CmsClient = {
    async preferencesByUser(owner) {
      const { company_id, bot_id, user_email } = owner;
      const path = `${PREFERENCES}/by-user/${company_id}/${bot_id}/${encodeURIComponent(user_email)}`;
      const answer = await answerOf({ operation: 'read preferences', path }, byUserAnswer);
      return { settings: answer.data, fallback: answer.fallback_applied ?? false };
    },

    async preferencesBulk(owners) {
      const users = owners.map(({ company_id, bot_id, user_email }) => ({
        company_id,
        bot_id,
        user_email,
      }));
      const path = `${PREFERENCES}/bulk-get`;
      const operation = 'read preferences of several';
      const answer = await answerOf(
        { operation, method: 'POST', path, body: { users } },
        bulkAnswer,
      );
      const missing = new Set(answer.missing_preferences);
      return new Map(
        owners.map(ownerKey).flatMap((key) => {
          const settings = notificationSettings.safeParse(answer.data[key]);
          if (!settings.success) return [];
          return [[key, { settings: settings.data, fallback: missing.has(key) }] as const];
        }),
      );
    },

    async file(documentId) {
      const question = { operation: 'read file record', path: filePath(documentId) };
      const answer = await askForOne(question);
      if (answer.absent) return null;
      return fitting(recordOf(documentId), answer.body, cms, question).data;
    },

    async files(documentIds) {
      const path = `/api/files?${filesQuery(documentIds)}`;
      const answer = await answerOf(
        { operation: 'read file records', path },
        recordsOf(documentIds),
      );
      return new Map(answer.data.map((record) => [record.documentId, record]));
    },

    async updateFile(documentId, change) {
      const question: Question = {
        operation: 'update file record',
        method: 'PUT',
        path: filePath(documentId),
        body: { data: change },
      };
      const answer = await askForOne(question);
      if (answer.absent) return 'gone';
      fitting(recordOf(documentId), answer.body, cms, question);
      return 'updated';
    },

    async deleteFile(documentId) {
      const path = filePath(documentId);
      const answer = await askForOne({ operation: 'delete file record', method: 'DELETE', path });
      return answer.absent ? 'gone' : 'deleted';
    },

    async createFile({ company, bot, ...fields }) {
      const question: Question = {
        operation: 'create file record',
        method: 'POST',
        path: '/api/files',
        body: { data: present({ ...fields, company: company?.id, bot: bot?.id }) },
      };
      await answerOf(question, recordOf(fields.documentId));
    },

    async company(id) {
      const question = { operation: 'read company', path: `/api/companies/${id}` };
      const answer = await askForOne(question);
      return answer.absent ? null : fitting(companyAnswer, answer.body, cms, question).data;
    },

    async updateCompany(id, change) {
      const question: Question = {
        operation: 'update company',
        method: 'PUT',
        path: `/api/companies/${id}`,
        body: { data: change },
      };
      const answer = await askForOne(question);
      if (answer.absent) return 'gone';
      const asked = companyAnswer.refine(({ data }) => data.id === id, { path: ['data', 'id'] });
      fitting(asked, answer.body, cms, question);
      return 'updated';
    },

    turnOff: (owner) =>
      turnOff(cms, async () => (await client.preferencesByUser(owner)).settings, owner),

    async check() {
      await client.preferencesByUser(NOBODY);
    },
  };
  return client;
}

/** An answer about another record than the one asked for must never be acted on. */
function recordOf(documentId: string) {
  return fileAnswer.refine(({ data }) => data.documentId === documentId, {
    path: ['data', 'documentId'],
  });
}

/** A CMS that ignores the filter answers with other files and is found out. */
function filesQuery(documentIds: readonly string[]): URLSearchParams {
  const wanted = documentIds.map((id): [string, string] => ['documentId', id]);
  return new URLSearchParams([...wanted, ['pageSize', String(BULK_LIMIT)]]);
}

/** A list of nothing but what was asked for, and of all of it. */
function recordsOf(documentIds: readonly string[]) {
  const asked = new Set(documentIds);
  return z
    .object({
      data: z.array(fileRecord),
      meta: z.object({ pagination: z.object({ total: count }) }),
    })
    .refine(({ data, meta }) => data.length === meta.pagination.total, { path: ['meta'] })
    .refine(({ data }) => data.every(({ documentId }) => asked.has(documentId)), {
      path: ['data'],
    });
}

/** Without the fields that have no value: the contract knows no null for most. */
function present(fields: object) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null));
}

function filePath(documentId: string): string {
  // URLs give these two a meaning of their own, escaped or not: another route would be asked.
  if (documentId === '.' || documentId === '..') {
    throw new StoreError({
      store: 'cms',
      operation: 'address file record',
      code: 'no address',
      configuration: false,
      blames: 'file',
      advice: `a file whose document id is "${documentId}" has no address`,
    });
  }
  return `/api/files/${encodeURIComponent(documentId)}`;
}
