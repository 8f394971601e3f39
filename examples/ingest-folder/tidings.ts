import { z } from 'zod';
import { auditReport } from '../../src/contracts/audit.ts';
import { listOf } from '../../src/contracts/lists.ts';
import { request, type Service } from './request.ts';

/** What operators can ask Tidings, as far as the demo wants to know it. */

const batch = z.object({
  batch_id: z.string(),
  status: z.string(),
  closed_by: z.string().nullable(),
  total_files: z.number(),
  successful_files: z.number(),
  failed_files: z.number(),
  cms_written_back_at: z.string().nullable(),
});
export type Batch = z.output<typeof batch>;

const email = z.object({
  batch_id: z.string().nullable(),
  email_type: z.string(),
  send_status: z.string(),
  message_id: z.string().nullable(),
  email_subject: z.string(),
  recipient_email: z.string(),
});
export type Email = z.output<typeof email>;

const correction = z.object({
  file_document_id: z.string(),
  failure_category: z.string(),
  status: z.string(),
  error_during_correction: z.string().nullable(),
});
export type Correction = z.output<typeof correction>;

const auditAnswer = z.object({ data: auditReport });

/** The books: what became of every accepted event. */
export async function readAudit(tidings: Service) {
  return (await request(tidings, { path: '/api/audit', answer: auditAnswer })).data;
}

/** One person's batches, mails and corrections since an instant (ISO 8601), each newest first. */
export const listBatches = (tidings: Service, filter: Record<string, string>) =>
  listAll(tidings, '/api/batches', filter, batch);
export const listEmails = (tidings: Service, filter: Record<string, string>) =>
  listAll(tidings, '/api/emails', filter, email);
export const listCorrections = (tidings: Service, filter: Record<string, string>) =>
  listAll(tidings, '/api/corrections', filter, correction);

/** Closes a batch now. One that is closed by now is no error to the caller, who looks again anyway. */
export async function closeBatch(tidings: Service, batchId: string): Promise<void> {
  await request(tidings, {
    method: 'POST',
    path: `/api/batches/${batchId}/close`,
    answer: z.unknown(),
  });
}

async function listAll<Row extends z.ZodType>(
  tidings: Service,
  path: string,
  filter: Record<string, string>,
  row: Row,
): Promise<z.output<Row>[]> {
  const answer = listOf(row);
  const rows: unknown[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query = new URLSearchParams({ ...filter, limit: '200', ...(cursor && { cursor }) });
    const page: z.output<typeof answer> = await request(tidings, {
      path: `${path}?${query}`,
      answer,
    });
    rows.push(...page.data);
    cursor = page.next_cursor;
  }
  return rows as z.output<Row>[];
}
