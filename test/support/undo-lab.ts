import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { type Leftovers, NOTHING, openLeftovers } from './leftovers.ts';
import { stackEnv } from './stack-env.ts';
import { documentId, failure, person, type System, startSystem } from './system.ts';
import { until } from './until.ts';

/** One file for each test, on a system that keeps what corrections remove of it. */
export interface UndoLab {
  system: System;
  leftovers: Leftovers;
  /** Who is told what only a person can help with. */
  operator: string;
  ada: string;
  /** Ada's file, and the key its object has. */
  document: string;
  key: string;
  /** What is left of the file. */
  left(): ReturnType<Leftovers['left']>;
  /** Its newest correction. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON the contract says
  newest(): Promise<any>;
  /** Waits until the newest correction has this status. */
  // biome-ignore lint/suspicious/noExplicitAny: the same
  correction(status: string): Promise<any>;
  /** Waits until the restore of the newest correction has this status. */
  // biome-ignore lint/suspicious/noExplicitAny: the same
  restored(status?: string): Promise<any>;
  /** Asks for a restore. */
  restore(id: number): ReturnType<System['call']>;
  /** The file fails, and nothing is left of it. @returns the correction */
  // biome-ignore lint/suspicious/noExplicitAny: the same
  removed(): Promise<any>;
}

/** Call once at the top of a test file. */
export function undoLab(): UndoLab {
  const lab = {
    operator: person('operator'),
    left: () => lab.leftovers.left(lab.document, lab.system.cms),
    newest: async () => {
      const path = `/api/corrections?file_document_id=${lab.document}`;
      const [task] = (await lab.system.call('GET', path)).body.data;
      return task && (await lab.system.call('GET', `/api/corrections/${task.id}`)).body.data;
    },
    correction: (status) =>
      until(`a correction is ${status}`, async () => {
        const task = await lab.newest();
        return task?.status === status && task;
      }),
    restored: (status = 'completed') =>
      until(`the restore is ${status}`, async () => {
        const task = await lab.newest();
        return task?.restore?.status === status && task;
      }),
    restore: (id) => lab.system.call('POST', `/api/corrections/${id}/restore`),
    removed: async () => {
      await lab.system.push(failure(lab.ada, lab.document));
      const task = await lab.correction('completed');
      expect(await lab.left()).toEqual(NOTHING);
      return task;
    },
  } as UndoLab;
  beforeAll(async () => {
    lab.leftovers = await openLeftovers(stackEnv());
    lab.system = await startSystem({
      env: {
        CHROMA_COLLECTION: lab.leftovers.collection,
        CORRECTION_QUARANTINE_DAYS: '30',
        // Other tests' corrections have the same ids and the same bucket.
        CORRECTION_QUARANTINE_PREFIX: `quarantine-${randomUUID()}/`,
        OPERATOR_EMAIL: lab.operator,
      },
    });
  });
  afterAll(async () => {
    await lab.system.stop();
    await lab.leftovers.close();
  });
  beforeEach(async () => {
    lab.ada = person();
    lab.document = documentId();
    lab.key = await lab.leftovers.put(lab.document, lab.system.cms);
  });
  return lab;
}
