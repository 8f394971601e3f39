import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ERROR_CATEGORIES, eventError } from '../../src/contracts/file-events.ts';
import { describeFailure, type Step } from './failure.ts';

const steps = fc.constantFrom<Step>('register', 'open', 'upload', 'read', 'store');

test('whatever is thrown becomes an error that the contract takes', () => {
  fc.assert(
    fc.property(steps, fc.string({ unit: 'binary', maxLength: 2000 }), (step, text) => {
      for (const thrown of [
        new Error(text),
        text,
        null,
        Object.assign(new Error(text), { code: 7 }),
      ])
        expect(eventError.safeParse(describeFailure(step, thrown)).success).toBe(true);
    }),
  );
});

test('the step decides on the category, whatever the message says', () => {
  fc.assert(
    fc.property(steps, fc.string(), (step, words) => {
      const { category } = describeFailure(step, new Error(`${words} S3 ENOENT chroma`));
      expect(category).toBe(describeFailure(step, new Error('another')).category);
    }),
  );
  const known = (['open', 'upload', 'read', 'store'] as const).map(
    (step) => describeFailure(step, new Error('x')).category,
  );
  expect(known).toEqual([...ERROR_CATEGORIES]);
});

test('codes of the system and statuses of S3 are told', () => {
  const gone = Object.assign(new Error('ENOENT: /home/ann/x'), { code: 'ENOENT' });
  expect(describeFailure('open', gone)).toMatchObject({
    message: 'The file was listed, but it is not there to be opened.',
    details: { step: 'open', code: 'ENOENT' },
  });
  const refused = Object.assign(new Error('odd'), { $metadata: { httpStatusCode: 431 } });
  expect(describeFailure('upload', refused)).toMatchObject({
    message: 'The object storage did not take the file (HTTP 431).',
    details: { http_status: 431 },
  });

  const chroma = new Error('Bad request to http://10.0.0.7:8000/api/v2/add with status: not JSON');
  expect(describeFailure('store', chroma).message).toBe(
    'The vector store refused a page of chunks: not JSON',
  );
});
