import { expect, it } from 'vitest';
import { fileEvent, fileEventList } from '../../src/contracts/file-events.ts';
import { numberedBodies, numberedEvent, personOf } from './bodies.ts';

const read = (body: Buffer) => JSON.parse(body.toString());

it('what is sent is what the numbers say, and the contract takes it', () => {
  const one = numberedBodies('a', 1, 7);
  expect(read(one())).toEqual(numberedEvent('a', 7));
  expect(fileEvent.parse(read(one()))).toEqual(numberedEvent('a', 8));
  const three = numberedBodies('b', 3, 1009);
  expect(read(three()).events).toEqual([1009, 1010, 1011].map((nth) => numberedEvent('b', nth)));
  expect(fileEventList.parse(read(three())).events[2]).toEqual(numberedEvent('b', 1014));
});

it('ten files in a row are one person’s', () => {
  expect(new Set([120, 125, 129].map(personOf)).size).toBe(1);
  expect(personOf(130)).not.toBe(personOf(129));
});
