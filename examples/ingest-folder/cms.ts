import { z } from 'zod';
import { type FileRecord, type FileRecordInput, fileRecord } from '../../src/contracts/cms.ts';
import type { PartialSettings, PreferenceOwner } from '../../src/contracts/preferences.ts';
import { request, type Service, ServiceError } from './request.ts';

/** The CMS as its clients use it. Every function throws `ServiceError` where the CMS refuses. */
export interface Cms {
  register(file: FileRecordInput): Promise<void>;
  /** The record of a file, null when there is none. */
  record(documentId: string): Promise<FileRecord | null>;
  /** Sets what a person wants, whether or not they have said something before. */
  prefer(owner: PreferenceOwner, settings: PartialSettings): Promise<void>;
}

const FILES = '/api/files';
const PREFERENCES = '/api/user-notification-preferences';
const anything = z.unknown();
const known = z.object({ data: z.array(z.object({ documentId: z.string() })) });

/** A client of the CMS that the variables of the stack name. */
export function openCms(env: Record<string, string>): Cms {
  const [token] = (env.CMS_API_TOKEN ?? '').split(',');
  const cms: Service = { name: 'the CMS', baseUrl: env.CMS_API_URL ?? '', token: token?.trim() };
  return {
    async register(file) {
      try {
        await request(cms, { method: 'POST', path: FILES, body: { data: file }, answer: anything });
      } catch (error) {
        // The id is ours alone: the record was made, and its answer was lost.
        if (!(error instanceof ServiceError && error.status === 409)) throw error;
      }
    },
    async record(documentId) {
      try {
        const path = `${FILES}/${encodeURIComponent(documentId)}`;
        return (await request(cms, { path, answer: z.object({ data: fileRecord }) })).data;
      } catch (error) {
        if (error instanceof ServiceError && error.status === 404) return null;
        throw error;
      }
    },
    async prefer({ company_id, bot_id, user_email }, settings) {
      const filter = new URLSearchParams({
        company_id: `${company_id}`,
        bot_id: `${bot_id}`,
        user_email,
      });
      const { data } = await request(cms, { path: `${PREFERENCES}?${filter}`, answer: known });
      const [before] = data;
      await request(cms, {
        method: before ? 'PUT' : 'POST',
        path: before ? `${PREFERENCES}/${before.documentId}` : PREFERENCES,
        body: { data: { company: company_id, bot: bot_id, user_email, ...settings } },
        answer: anything,
      });
    },
  };
}
