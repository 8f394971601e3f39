import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { notificationSettings } from '../contracts/preferences.ts';
import type { ScriptRunner } from '../script-runner.ts';
import type { CmsPreferences } from './cms-client.ts';
import { circuitGuard, type Guard } from './guard.ts';
import { INVALIDATE, KEEP, LOOK } from './shared-preference-scripts.ts';

/** What all processes know together: answers of the CMS, kept in Redis for a day. */

export interface SharedAnswer {
  /** Drawn anew whenever something newer is announced; an answer counts only under its own. */
  version: string;
  /** `overtaken` where something newer has been announced since `askedAt`. */
  known?: CmsPreferences & { askedAt: number; overtaken: boolean };
}

export interface SharedPreferences {
  /** By key; empty where Redis does not answer at once. Never rejects. */
  look(keys: string[]): Promise<Map<string, SharedAnswer>>;
  /** @param answers each with the version that stood when the CMS was asked */
  keep(answers: ({ key: string; version: string; askedAt: number } & CmsPreferences)[]): void;
  /** What is kept, and whatever is on its way to be kept, is outdated. Never rejects. */
  invalidate(key: string): Promise<void>;
  state: Guard['state'];
}

/** Redis is meant to spare time: one that takes longer, in milliseconds, is done without. */
const PATIENCE_MS = 250;
const CIRCUIT = { failuresToOpen: 3, openMs: 5_000 };
const DAY_MS = 86_400_000;
/** Clocks of the processes may disagree by this, in milliseconds; what is from further ahead is no answer. */
const CLOCK_SKEW_MS = 60_000;
/** A script keeps everybody else from Redis while it runs. */
const KEYS_AT_ONCE = 500;

const keptAnswer = z.object({ settings: notificationSettings, fallback: z.boolean() });
const looked = z.tuple([
  z.string(),
  z.string().nullable(),
  z.string().nullable(),
  z.string().nullable(),
]);
type Looked = z.output<typeof looked>;

/**
 * @param prefix of the keys; in a cluster its braces keep them in one slot
 * @param now milliseconds of a clock that the processes agree on
 */
export function sharedPreferences(
  redis: ScriptRunner,
  prefix: string,
  now: () => number,
): SharedPreferences {
  const guard = circuitGuard(CIRCUIT, now);
  const run = (script: string, keys: string[], args: (string | number)[]) =>
    guard.ask(() => soon(redis.eval(script, keys.length, ...keys.map(place), ...args)));
  // Hashed: the key of a person holds their address.
  const place = (key: string) =>
    `${prefix}:preferences-of:${createHash('sha256').update(key).digest('base64url')}`;

  async function lookAt(keys: string[]): Promise<[string, SharedAnswer][]> {
    const found = z.array(looked).safeParse(await run(LOOK, keys, [randomUUID(), DAY_MS]));
    if (!found.success) return [];
    return found.data.map((answer, index) => [keys[index]!, read(answer)]);
  }

  function read([version, answered, askedAt, json]: Looked): SharedAnswer {
    return { version, known: usable(version, answered, Number(askedAt), json) };
  }

  function usable(version: string, answered: string | null, at: number, json: string | null) {
    const answer = keptAnswer.safeParse(parsed(json ?? ''));
    if (!answer.success || !Number.isFinite(at) || at > now() + CLOCK_SKEW_MS) return undefined;
    return { ...answer.data, askedAt: at, overtaken: answered !== version };
  }

  return {
    async look(keys) {
      const found = new Map<string, SharedAnswer>();
      for (let from = 0; from < keys.length; from += KEYS_AT_ONCE)
        for (const [key, answer] of await lookAt(keys.slice(from, from + KEYS_AT_ONCE)))
          found.set(key, answer);
      return found;
    },
    keep(answers) {
      for (let from = 0; from < answers.length; from += KEYS_AT_ONCE) {
        const some = answers.slice(from, from + KEYS_AT_ONCE);
        const args = some.flatMap(({ version, askedAt, settings, fallback }) => [
          version,
          askedAt,
          JSON.stringify({ settings, fallback }),
        ]);
        const keys = some.map(({ key }) => key);
        void run(KEEP, keys, [DAY_MS, CLOCK_SKEW_MS, ...args]);
      }
    },
    async invalidate(key) {
      await run(INVALIDATE, [key], [randomUUID()]);
    },
    state: guard.state,
  };
}

/** @throws when the answer takes too long */
async function soon<Answer>(answer: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const reason = new DOMException('Redis takes too long', 'TimeoutError');
    timer = setTimeout(reject, PATIENCE_MS, reason);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
