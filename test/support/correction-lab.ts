import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type Leftovers, openLeftovers } from './leftovers.ts';
import { stackEnv } from './stack-env.ts';
import { documentId, failure, person, type System, startSystem } from './system.ts';
import { until } from './until.ts';

/** One failed file for each test, its leftovers in real stores, and what is done about them. */
export interface CorrectionLab {
  /** Call once in each `describe`: the system that its tests run on. */
  runningWith(env: Record<string, string>): void;
  system: System;
  leftovers: Leftovers;
  ada: string;
  /** Ada's file, and the key its object has. */
  document: string;
  storage_key: string;
  /** What is left of the file. */
  left(): ReturnType<Leftovers['left']>;
  /** Its corrections, newest first. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON the contract says
  tasks(): Promise<any[]>;
  /** Waits until the newest one has this status. */
  // biome-ignore lint/suspicious/noExplicitAny: the same
  task(status: string): Promise<any>;
  /** The file fails with this error. */
  fails(error: object, more?: object): Promise<unknown>;
}

export const storageError = { category: 'storage_error', message: 'upsert failed' };

/** Call once at the top of a test file. */
export function correctionLab(): CorrectionLab {
  const lab = {
    runningWith(env) {
      beforeAll(async () => {
        const CHROMA_COLLECTION = lab.leftovers.collection;
        lab.system = await startSystem({ env: { CHROMA_COLLECTION, ...env } });
      });
      afterAll(() => lab.system.stop());
    },
    left: () => lab.leftovers.left(lab.document, lab.system.cms),
    tasks: async () => {
      const path = `/api/corrections?file_document_id=${lab.document}`;
      return (await lab.system.call('GET', path)).body.data;
    },
    task: (status) =>
      until(`a correction is ${status}`, async () => {
        const [newest] = await lab.tasks();
        return newest?.status === status && newest;
      }),
    fails: (error, more = {}) =>
      lab.system.push(failure(lab.ada, lab.document, { error, ...more })),
  } as CorrectionLab;
  beforeAll(async () => {
    lab.leftovers = await openLeftovers(stackEnv());
  });
  afterAll(() => lab.leftovers.close());
  beforeEach(async () => {
    lab.ada = person();
    lab.document = documentId();
    lab.storage_key = await lab.leftovers.put(lab.document, lab.system.cms);
  });
  return lab;
}
