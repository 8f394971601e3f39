import { randomBytes } from 'node:crypto';
import { untilInterrupted } from './interruption.ts';
import { listFiles } from './list-files.ts';
import { createNarrator, type Narrator } from './narrator.ts';
import { type Options, parseOptions, USAGE } from './options.ts';
import { runDemo } from './run-demo.ts';
import { type Running, startEverything } from './start-everything.ts';
import { tellSummary } from './tell-summary.ts';

/** Entry of `npm run demo`: exit code 0 when every expectation held, 1 when not, 2 for a wrong option. */

// The SDK's notice about future Node versions is not part of the story.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const interrupted = untilInterrupted();
process.exitCode = await main();
process.exit();

async function main(): Promise<number> {
  let options: Options | null;
  try {
    options = parseOptions(process.argv.slice(2), process.env.INIT_CWD ?? process.cwd());
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  if (!options) {
    console.log(USAGE);
    return 0;
  }
  const narrator = createNarrator(options.json ? process.stderr : process.stdout);
  let verdict = 130;
  let starting: Promise<Running> | undefined;
  const begin = (run: string, log: (line: string) => void) => {
    starting = startEverything(run, log);
    return starting;
  };
  try {
    const story = tell(options, narrator, begin, (ok) => {
      verdict = ok ? 0 : 1;
    });
    const stopped = interrupted.then((signal) => {
      console.error(`\ndemo: stopped by ${signal}`);
      return verdict;
    });
    return await Promise.race([story, stopped]);
  } catch (error) {
    console.error(`demo: ${(error as Error).message}`);
    return 1;
  } finally {
    narrator.hush();
    // What is still starting has to be up before it can be stopped without leaving anything.
    await starting?.then(
      (running) => running.stop(),
      () => undefined,
    );
  }
}

/**
 * @param judged told whether every expectation held, as soon as that is known
 * @returns the exit code; with `--keep` it never does, as the story then ends with the interruption
 */
async function tell(
  { dir, json, keep }: Options,
  narrator: Narrator,
  start: (run: string, log: (line: string) => void) => Promise<Running>,
  judged: (ok: boolean) => void,
): Promise<number> {
  const began = performance.now();
  const files = await listFiles(dir);
  if (files.length === 0) throw new Error(`there are no files in ${dir}`);

  narrator.chapter('Starting everything');
  const run = randomBytes(6).toString('hex');
  const running = await start(run, narrator.line);
  const died = running.died.then((how) => {
    throw new Error(`${how}, in the middle of the story`);
  });
  const summary = await Promise.race([
    runDemo({ id: run, folder: dir, files, began }, running, narrator),
    died,
  ]);
  judged(summary.ok);
  tellSummary(summary, narrator);
  if (json)
    console.log(JSON.stringify(keep ? { ...summary, urls: running.urls } : summary, null, 2));
  if (keep) {
    narrator.chapter('Everything is still running, until Ctrl-C');
    for (const [name, url] of Object.entries(running.urls))
      narrator.line(`${name.padEnd(13)} ${url}`);
    narrator.line(`${'producer key'.padEnd(13)} ${running.env.INGESTION_SERVICE_API_KEY}`);
    narrator.line(`${'admin key'.padEnd(13)} ${running.env.ADMIN_API_KEY}`);
    narrator.line(`${'CMS token'.padEnd(13)} ${running.env.CMS_API_TOKEN}`);
    await died;
  }
  return summary.ok ? 0 : 1;
}
