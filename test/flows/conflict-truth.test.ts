import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EVERYTHING, type Leftovers, openLeftovers } from '../support/leftovers.ts';
import { stackEnv } from '../support/stack-env.ts';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** A success between two steps of a correction: it stops, and both sides are told what is missing. */

let leftovers: Leftovers;
beforeAll(async () => {
  leftovers = await openLeftovers(stackEnv());
});
afterAll(() => leftovers.close());

let system: System;
let operator: string;
function runningWith(env: Record<string, string>): void {
  beforeAll(async () => {
    operator = person('operator');
    const own = { CHROMA_COLLECTION: leftovers.collection, OPERATOR_EMAIL: operator };
    system = await startSystem({ env: { ...own, ...env } });
  });
  afterAll(() => system.stop());
}

let ada: string;
let document: string;
beforeEach(async () => {
  ada = person();
  document = documentId('berths');
  await leftovers.put(document, system.cms);
});

/** Mails wrap their lines. */
const oneLine = (text = '') => text.replace(/\s+/g, ' ');
const at = (minute: number) => ({ occurred_at: `2026-01-01T10:0${minute}:00Z` });
const conflict = () =>
  until('the correction ended in a conflict', async () => {
    const { body } = await system.call('GET', `/api/corrections?file_document_id=${document}`);
    const [task] = body.data;
    return task?.conflict && (await system.call('GET', `/api/corrections/${task.id}`)).body.data;
  });
const speaks = (locale: string) =>
  system.cms.call('POST', '/api/user-notification-preferences', {
    data: { company: 1, bot: 1, user_email: ada, locale },
  });

/** The file fails; right after its chunks were removed, it succeeds. */
async function succeedsBetweenSteps(): Promise<void> {
  const { chroma } = system.deps.stores;
  const { remove } = chroma;
  chroma.remove = async (...asked) => {
    const answer = await remove(...asked);
    chroma.remove = remove;
    await system.push(event(ada, document, at(1)));
    await system.applied();
    return answer;
  };
  await system.push(failure(ada, document, at(0)));
}

describe('without undo', () => {
  runningWith({});

  it('the rest is spared; the operator reads stores and counts, the owner what to do', async () => {
    await succeedsBetweenSteps();
    await conflict();
    const left = await leftovers.left(document, system.cms);
    expect(left).toEqual({ ...EVERYTHING, chroma: 0 });
    const [alert] = await system.mails(operator);
    expect(alert?.text).toContain('succeeded while');
    expect(alert?.text).toMatch(/Removed before that:?\s+chroma 3\b/);
    expect(alert?.text).toContain('not put back: CORRECTION_QUARANTINE_DAYS is 0');
    await system.makeDue(ada);
    const [mail] = await system.mails(ada);
    expect(mail?.subject).toContain('Ready');
    expect(mail?.text).toContain('Please upload again (1)');
    expect(oneLine(mail?.text)).toContain(
      'removed parts of it from the search index. Please upload it again.',
    );
    expect(mail?.html).toContain('removed parts of it from the search index.');
  });

  it('is told in German, in the next mail where the first has left, and only once', async () => {
    await speaks('de');
    const { chroma } = system.deps.stores;
    const { remove } = chroma;
    chroma.remove = async (...asked) => {
      const answer = await remove(...asked);
      chroma.remove = remove;
      await system.push(event(ada, document, at(1)));
      await system.applied();
      await system.makeDue(ada);
      await system.mails(ada);
      return answer;
    };
    await system.push(failure(ada, document, at(0)));
    await conflict();
    const [first] = await system.mails(ada);
    expect(first?.text).not.toContain('erneut hochladen');
    for (const count of [2, 3]) {
      await system.push(event(ada, documentId('later')));
      await system.applied();
      await system.makeDue(ada);
      await system.mails(ada, count);
    }
    const texts = (await system.inbox(ada)).map(({ text }) => text);
    const telling = texts.filter((text) => text.includes('Bitte erneut hochladen (1)'));
    expect(telling).toHaveLength(1);
    expect(telling[0]).toContain(document);
    expect(oneLine(telling[0])).toContain('Teile davon aus dem Suchindex entfernt');
  });

  it.each([
    ['is not told to upload what a newer ingestion wrote anew', 3, false],
    ['is told where the newer ingestion’s chunks are not all there', 4, true],
  ])('%s', async (_what, chunks_created, told) => {
    const { chroma } = system.deps.stores;
    const { remove } = chroma;
    chroma.remove = async (...asked) => {
      const answer = await remove(...asked);
      chroma.remove = remove;
      const begun = { processing_stage: 'download', status: 'processing' };
      await system.push(event(ada, document, { ...begun, ...at(1) }));
      await system.applied();
      return answer;
    };
    await system.push(failure(ada, document, at(0)));
    await conflict();
    const { body } = await system.call('GET', `/api/files/${document}/generation`);
    expect(body.data.safe_to_write).toBe(true);
    for (const name of ['a', 'b', 'c']) await leftovers.chunk(document, name);
    await system.push(event(ada, document, { ...at(2), chunks_created }));
    await system.applied();
    await system.makeDue(ada);
    const [mail] = await system.mails(ada);
    expect(mail?.text.includes('Please upload again')).toBe(told);
  });

  it('is not told to upload what was uploaded again meanwhile', async () => {
    await succeedsBetweenSteps();
    await conflict();
    await system.push(event(ada, document, at(2)));
    await system.applied();
    await system.makeDue(ada);
    const [mail] = await system.mails(ada);
    expect(mail?.text).not.toContain('upload');
  });
});

describe('with undo', () => {
  runningWith({ CORRECTION_QUARANTINE_DAYS: '1' });

  it.each([
    ['en', 'from the search index. They have been put back', 'Put back (1)'],
    [
      'de',
      'aus dem Suchindex entfernt worden. Sie sind wiederhergestellt',
      'Wiederhergestellt (1)',
    ],
  ])('the owner reads that everything was put back: %s', async (locale, text, heading) => {
    await speaks(locale);
    await succeedsBetweenSteps();
    await conflict();
    await until('it was restored', async () => (await conflict()).restore?.status === 'completed');
    expect(await leftovers.left(document, system.cms)).toEqual(EVERYTHING);
    await system.makeDue(ada);
    const [mail] = await system.mails(ada);
    expect(mail?.text).toContain(heading);
    expect(oneLine(mail?.text)).toContain(text);
    const alerts = await until('the operator was told', async () => {
      const mails = await system.inbox(operator);
      const own = mails.filter((one) => one.text.includes(document));
      return own.length > 0 && own;
    });
    expect(alerts[0]?.text).toContain('it is being put back');
  });
});
