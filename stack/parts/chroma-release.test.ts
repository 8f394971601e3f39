import { expect, test } from 'vitest';
import { chromaRelease } from './chroma-release.ts';

const linux = (glibc: string | undefined, arch = 'x64') =>
  chromaRelease({ platform: 'linux', arch, glibc });

test.each(['2.38', '2.41', '3.0'])('glibc %s runs the installed server', (glibc) => {
  expect(linux(glibc)).toBe('installed');
});

test.each(['2.36', '2.9', '2.37'])('glibc %s needs the older server', (glibc) => {
  expect(linux(glibc)).toEqual({
    packages: ['chromadb@3.0.3', 'chromadb-js-bindings-linux-x64-gnu@1.0.1'],
  });
});

test('the older server is that of the architecture', () => {
  expect(linux('2.36', 'arm64')).toMatchObject({
    packages: [expect.any(String), 'chromadb-js-bindings-linux-arm64-gnu@1.0.1'],
  });
});

test('a Linux without glibc is told what to do instead; macOS needs none', () => {
  expect(() => linux(undefined)).toThrow('CHROMA_URL');
  expect(chromaRelease({ platform: 'darwin', arch: 'arm64' })).toBe('installed');
});
