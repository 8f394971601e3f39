import { afterAll, beforeAll, beforeEach } from 'vitest';
import { findEmail } from '../../src/db/queries/emails.ts';
import { applyFileEvents } from '../../src/workers/apply-file-events.ts';
import { closeDueBatch } from '../../src/workers/close-batch.ts';
import { renderEmail } from '../../src/workers/render-email.ts';
import { jobContext } from '../support/job-context.ts';
import { type FaultySmtp, startFaultySmtp } from '../support/smtp-faults.ts';
import { documentId, event, person, type System, startSystem } from '../support/system.ts';

/** For each test a mail that is ready to be sent, and a mail server that does as it is told. */
export interface SendLab {
  smtp: FaultySmtp;
  /** Without workers: a test does their work itself. */
  system: System;
  email_id: number;
  /** The row of the mail. */
  mail(): Promise<NonNullable<Awaited<ReturnType<typeof findEmail>>>>;
}

/** Call once at the top of a test file. */
export function sendLab(): SendLab {
  const lab = {
    mail: async () => (await findEmail(lab.system.deps.db.sql, lab.email_id))!,
  } as SendLab;
  beforeAll(async () => {
    lab.smtp = await startFaultySmtp();
    lab.system = await startSystem({ workers: false, env: { SMTP_PORT: String(lab.smtp.port) } });
  });
  afterAll(async () => {
    await lab.smtp?.close();
    await lab.system?.stop();
  });

  beforeEach(async () => {
    lab.smtp.script(undefined);
    lab.smtp.faults.next = [];
    lab.smtp.messages.length = 0;
    lab.smtp.commands.length = 0;
    const { deps } = lab.system;
    const ada = person();
    await lab.system.push(event(ada, documentId()));
    const [chunk] = await deps.db.sql<{ chunk_id: string }[]>`
      select chunk_id from file_events where user_email = ${ada}`;
    await applyFileEvents(deps, chunk!, jobContext('setup'));
    await lab.system.makeDue(ada);
    const [batch] = await deps.db.sql<{ batch_id: string }[]>`
      select batch_id from batch_processing_sessions where user_email = ${ada}`;
    await closeDueBatch(deps, batch!);
    const [email] = await deps.db.sql<{ id: number }[]>`
      select id from email_notification_log where recipient_email = ${ada}`;
    lab.email_id = email!.id;
    await renderEmail(deps, { email_id: lab.email_id });
  });
  return lab;
}
