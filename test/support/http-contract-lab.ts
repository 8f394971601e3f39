import { afterAll, beforeAll } from 'vitest';
import { documentId, failure, person, type System, startSystem } from './system.ts';
import { until } from './until.ts';

/** The HTTP API with something behind every route, and the document that describes it. */

interface Operation {
  responses: Record<string, unknown>;
  requestBody?: {
    required: boolean;
    content: Record<string, { schema: { example?: { events: object[] } } }>;
  };
}

export interface HttpContractLab {
  system: System;
  document: { openapi: string; paths: Record<string, Record<string, Operation>> };
  /** What stands for the parameters of a path, by their names. */
  known: Record<string, string>;
  /** What a path is sent, where that is anything. */
  bodies: Record<string, object>;
}

/** Call once at the top of a test file. */
export function httpContractLab(): HttpContractLab {
  const known: Record<string, string> = { name: 'corrections', companyId: '1', botId: '1' };
  const bodies: Record<string, object> = {
    '/api/errors/{id}': { resolution_status: 'manual_fix' },
  };
  const lab = { known, bodies } as HttpContractLab;

  /** One failed file with its batch, mail, correction and error, so that every route finds something. */
  beforeAll(async () => {
    lab.system = await startSystem({ env: { WEBHOOK_SECRET: '' } });
    const [ada, file] = [person(), documentId()];
    const event = failure(ada, file);
    await lab.system.push(event);
    await lab.system.applied();
    await lab.system.makeDue(ada);
    await lab.system.mails(ada);
    const first = async (path: string) => (await lab.system.call('GET', path)).body.data[0];
    const batch = await first('/api/batches');
    // The inbox has the mail a moment before its row says so.
    await until(
      'the mail is sent',
      async () => (await first('/api/emails')).send_status === 'sent',
    );
    Object.assign(known, {
      userEmail: ada,
      document_id: file,
      batch_id: batch.batch_id,
      id: '1',
    });
    bodies['/api/file-events'] = event;
    bodies['/api/corrections'] = {
      file_document_id: file,
      failure_category: 's3_error',
      error_message: 'AccessDenied',
    };
    bodies['/webhooks/preference-updated'] = {
      action: 'updated',
      company_id: 1,
      bot_id: 1,
      user_email: ada,
      timestamp: new Date().toISOString(),
    };
    lab.document = (await lab.system.call('GET', '/openapi.json')).body;
  });
  afterAll(() => lab.system.stop());
  return lab;
}
