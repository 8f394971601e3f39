import type { Happened } from '../inject.ts';
import { SMTP_TIMEOUT_SECONDS, type World } from '../world.ts';

interface MailRow {
  id: number;
  batch_id: string | null;
  email_type: string;
  message_id: string | null;
  send_status: string;
  suppressed_reason: string | null;
  error_message: string | null;
  handed_over_at: Date | null;
  lines: number;
}

/** Faults of the mail server after which nobody can know whether it took a mail. */
const SMTP_DOUBT = new Set([
  'refusing',
  'dropping after the final dot',
  'hanging after the final dot',
  'slow',
]);

/** A sender or the database that went away may have taken the answer with it. */
const leavesDoubt = ({ part, kind }: Happened) =>
  part === 'worker' || part === 'postgres' || (part === 'smtp' && SMTP_DOUBT.has(kind));

/** Each mail left once, or not at all, or says why nobody knows. */
export async function checkMails(world: World, happened: Happened[]): Promise<string[]> {
  const { sql, smtp } = world;
  const problems: string[] = [];
  const taken = countById(smtp.messages);
  const doubtful = countById(smtp.unanswered);
  const mails = await sql<MailRow[]>`
    select e.*, (select count(*) from batch_files f where f.batch_id = e.batch_id) as lines
    from email_notification_log e order by id`;

  for (const mail of mails) {
    const copies = {
      taken: taken.get(mail.message_id ?? '') ?? 0,
      unanswered: doubtful.get(mail.message_id ?? '') ?? 0,
    };
    const problem = objection(mail, copies.taken, copies.unanswered, happened);
    if (problem)
      problems.push(
        `${problem}: ${JSON.stringify({ ...mail, ...copies, email_content_html: undefined, email_content_text: undefined })}${await story(world, mail, happened)}`,
      );
  }
  for (const { id, send_status } of await unalerted(world))
    problems.push(`operators were not told that mail ${id} is ${send_status}`);
  const known = new Set(mails.map((mail) => mail.message_id));
  for (const id of [...taken.keys(), ...doubtful.keys()])
    if (!known.has(id)) problems.push(`a mail nobody knows of arrived: ${id}`);
  return problems;
}

/** Mails that ended badly without a mail to the operators that says so. */
function unalerted({ sql }: World) {
  return sql<{ id: number; send_status: string }[]>`
    select e.id, e.send_status from email_notification_log e
    where e.send_status in ('failed', 'unknown') and e.email_type <> 'error_alert'
      and not exists (select from email_notification_log a
        where a.email_type = 'error_alert'
          and a.subject_key like 'email_' || e.send_status || '-' || e.id || '-%')`;
}

function objection(
  mail: MailRow,
  taken: number,
  unanswered: number,
  happened: Happened[],
): string | null {
  const copies = taken + unanswered;
  switch (mail.send_status) {
    case 'sent':
      if (taken === 1 && unanswered === 0) return null;
      return 'a mail that counts as sent is not at the sink exactly once';
    case 'unknown': {
      if (copies > 1) return 'an unknown mail arrived more than once';
      const from = (mail.handed_over_at?.getTime() ?? 0) - 1000;
      const to = from + SMTP_TIMEOUT_SECONDS * 2000 + 3000;
      const excused = happened.some(
        (fault) => leavesDoubt(fault) && fault.at <= to && fault.until >= from,
      );
      return excused ? null : 'a mail is unknown without a fault that explains it';
    }
    case 'failed':
      if (copies > 0) return 'a failed mail arrived';
      if (happened.some(({ name }) => name === 'smtp 550') && /550/.test(mail.error_message ?? ''))
        return null;
      return 'a mail failed although the server did not refuse it for good';
    case 'suppressed':
      if (copies > 0) return 'a suppressed mail arrived';
      if (mail.suppressed_reason === 'empty' && mail.lines > 0)
        return 'a mail was suppressed as empty although its batch has files';
      return mail.suppressed_reason ? null : 'a suppressed mail has no reason';
    default:
      return 'a mail is not done';
  }
}

/** What to read when a mail is wrong: its attempts, and the faults around them. */
async function story({ sql }: World, mail: MailRow, happened: Happened[]): Promise<string> {
  const attempts = await sql<{ retry_at: Date; outcome: string; error_message: string | null }[]>`
    select retry_at, outcome, error_message from notification_retry_log
    where email_id = ${mail.id} order by id`;
  const times = [mail.handed_over_at, ...attempts.map((attempt) => attempt.retry_at)]
    .filter((at) => at !== null)
    .map((at) => at.getTime());
  const near = happened.filter((fault) =>
    times.some((at) => fault.at < at + 6000 && fault.until > at - 6000),
  );
  return [
    '',
    ...attempts.map((a) => `  ${a.retry_at.toISOString()} ${a.outcome} ${a.error_message ?? ''}`),
    `  faults around: ${near.map(describeFault).join(', ') || 'none'}`,
  ].join('\n');
}

/** One fault with when it began and how long it lasted. */
export function describeFault({ name, at, until }: Happened): string {
  return `${new Date(at).toISOString().slice(11, 23)} ${name} (${((until - at) / 1000).toFixed(1)} s)`;
}

function countById(messages: { messageId: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { messageId } of messages) counts.set(messageId, (counts.get(messageId) ?? 0) + 1);
  return counts;
}
