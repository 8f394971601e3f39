import { afterEach, beforeEach } from 'vitest';
import { type Leftovers, openLeftovers } from './leftovers.ts';
import { type S3Server, startS3Server } from './s3-server.ts';
import { stackEnv } from './stack-env.ts';
import { documentId, failure, person, type System, startSystem } from './system.ts';
import { until } from './until.ts';

/** Corrections that are due together, and what became of each. */

export interface Task {
  file_document_id: string;
  status: string;
  attempts: number;
  cancel_reason: string | null;
  error_during_correction: string | null;
  s3_cleanup_completed: boolean;
  not_applicable: Record<string, string>;
}

export interface CorrectionSetLab {
  system: System;
  leftovers: Leftovers;
  /** A system for one test. Corrections wait until `release`, so that they are due together. */
  start(env?: Record<string, string>): Promise<void>;
  /** The same with object storage that can be told to refuse. */
  startWithS3(env?: Record<string, string>): Promise<S3Server>;
  fail(documents: string[], more?: object): Promise<unknown>;
  /** All corrections there are, oldest first. */
  tasks(): Promise<Task[]>;
  /** Makes all corrections due at the same moment. */
  release(count: number): Promise<void>;
  /** Waits until so many have this status. @returns all of them */
  ended(count: number, status?: string): Promise<Task[]>;
}

export const names = (count: number) => Array.from({ length: count }, () => documentId());
export const keyOf = (document: string) => `sets/${document}.pdf`;
export const s3Error = { category: 's3_error', message: 'AccessDenied' };

/** Call once at the top of a test file. */
export function correctionSetLab(): CorrectionSetLab {
  const closing: (() => Promise<unknown>)[] = [];
  const lab = {
    start: async (env = {}) => {
      const waiting = {
        AUTO_CORRECTION_DELAY_SECONDS: '3600',
        CHROMA_COLLECTION: lab.leftovers.collection,
      };
      lab.system = await startSystem({ env: { ...waiting, ...env } });
      closing.push(() => lab.system.stop());
    },
    startWithS3: async (env = {}) => {
      const s3 = await startS3Server(false);
      closing.push(s3.close);
      await lab.start({ S3_ENDPOINT: s3.url, S3_BUCKET: s3.bucket, ...env });
      return s3;
    },
    fail: (documents, more = { error: s3Error }) =>
      lab.system.push(
        ...documents.map((id) => failure(person(), id, { storage_key: keyOf(id), ...more })),
      ),
    tasks: async () => {
      const { sql } = lab.system.deps.db;
      return [...(await sql<Task[]>`select * from auto_correction_tasks order by id`)];
    },
    release: async (count) => {
      await until('all corrections are there', async () => (await lab.tasks()).length === count);
      await lab.system.deps.db.sql`update auto_correction_tasks set run_at = now()`;
    },
    ended: (count, status = 'completed') =>
      until(`${count} corrections are ${status}`, async () => {
        const all = await lab.tasks();
        return all.filter((task) => task.status === status).length === count && all;
      }),
  } as CorrectionSetLab;
  beforeEach(async () => {
    lab.leftovers = await openLeftovers(stackEnv());
    closing.push(() => lab.leftovers.close());
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  return lab;
}
