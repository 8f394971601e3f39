import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const svg = await readFile(new URL('../docs/tidings.svg', import.meta.url), 'utf8');
const [light = '', dark = ''] = svg.split('@media (prefers-color-scheme: dark)');

/** What a class is filled with. */
const fillOf = (styles: string, name: string) =>
  new RegExp(`\\s${name} \\{ fill: #(\\w{6})`).exec(styles)?.[1];

function luminance(hex: string): number {
  const [r, g, b] = [0, 2, 4].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

// The page around it may be light where the system is dark: it has to bring its own ground.
test.each([
  ['light', light],
  ['dark', dark],
])('the diagram can be read in the %s scheme, whatever page it stands on', (_, styles) => {
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? [];
  expect(svg).toContain(`<rect class="page" width="${width}" height="${height}"/>`);
  const ground = luminance(fillOf(styles, '.page') ?? '');
  for (const ink of ['text', '.note', '.head']) {
    const [a, b] = [ground, luminance(fillOf(styles, ink) ?? '')].sort((x, y) => y - x);
    expect((a! + 0.05) / (b! + 0.05)).toBeGreaterThan(4.5);
  }
});
