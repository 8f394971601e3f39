import { expect, test } from 'vitest';
import { parseOptions } from './options.ts';

test('the shipped folder is the usual one; another is looked for where the person stands', () => {
  expect(parseOptions([], '/home/ann')).toMatchObject({ json: false, keep: false });
  expect(parseOptions([], '/home/ann')?.dir).toMatch(/ingest-folder.files$/);
  expect(parseOptions(['--dir', 'papers', '--json'], '/home/ann')).toEqual({
    dir: '/home/ann/papers',
    json: true,
    keep: false,
  });
});

test('help is not a run, and an unknown option is named', () => {
  expect(parseOptions(['--help'], '/')).toBeNull();
  expect(() => parseOptions(['--jsno'], '/')).toThrow('--jsno');
});
