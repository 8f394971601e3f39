import { styleText } from 'node:util';

/** Tells the story line by line; colour and a moving progress line only where a terminal shows them. */
export interface Narrator {
  chapter(title: string): void;
  line(text?: string): void;
  /** A line about something that went well, or did not. */
  mark(good: boolean, text: string): void;
  /** Less important words, for use within a line. */
  soft(text: string): string;
  /** How far a long step has come: one moving line on a terminal, else one line per tenth. */
  progress(done: number, total: number, what: string): void;
  /** Nothing more is told: the story was broken off. */
  hush(): void;
}

export function createNarrator(stream: NodeJS.WriteStream): Narrator {
  const terminal = stream.isTTY === true;
  const coloured = terminal && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
  const paint = (style: 'bold' | 'gray' | 'green' | 'red', text: string) =>
    coloured ? styleText(style, text, { validateStream: false }) : text;
  let moving = false;
  let tenths = 0;
  let told = true;

  const print = (text: string) => {
    if (!told) return;
    stream.write(`${moving ? '\r\x1b[K' : ''}${text}\n`);
    moving = false;
  };
  return {
    chapter: (title) => print(`\n${paint('bold', title)}`),
    line: (text = '') => print(text && `  ${text}`),
    mark: (good, text) => print(`  ${good ? paint('green', '✓') : paint('red', '✗')} ${text}`),
    soft: (text) => paint('gray', text),
    progress(done, total, what) {
      const text = `  ${done} of ${total} ${what}`;
      const tenth = Math.floor((done * 10) / total);
      if (terminal && told) {
        stream.write(`\r\x1b[K${text}`);
        moving = true;
      } else if (tenth > tenths) print(text);
      tenths = tenth;
    },
    hush() {
      told = false;
    },
  };
}
