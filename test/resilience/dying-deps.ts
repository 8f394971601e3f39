import type { Sql } from '../../src/db/client.ts';
import type { Deps } from '../../src/deps.ts';
import { StoreError, type StoreName } from '../../src/stores/store-error.ts';

/** What goes wrong while corrections run. Store calls are counted from 0: removals and read-backs. */
export interface Trouble {
  /** The process dies right before or right after this call. */
  dies?: { call: number; when: 'before' | 'after' };
  /** These stores give no usable answer; `removes` says whether they did what was asked for. */
  away?: { store: StoreName; removes: boolean };
  /** Somebody else does this right before this call. */
  meanwhile?: { call: number; act: () => Promise<void> };
}

class Died extends Error {
  override name = 'Died';
}
export const isDeath = (error: unknown) => error instanceof Died;

/** The dependencies of a worker in trouble: once dead, it reaches neither a store nor the database. */
export function dyingDeps(deps: Deps, trouble: Trouble): Deps {
  let calls = 0;
  let dead = false;
  const alive = () => {
    if (dead) throw new Died('the process is gone');
  };
  async function call<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    alive();
    const nth = calls++;
    const dies = (when: 'before' | 'after') => {
      dead ||= trouble.dies?.call === nth && trouble.dies.when === when;
      alive();
    };
    if (trouble.meanwhile?.call === nth) await trouble.meanwhile.act();
    dies('before');
    const answer = await ask();
    dies('after');
    return answer;
  }
  const stores = { ...deps.stores };
  for (const name of ['s3', 'chroma', 'cms'] as const) {
    const store = deps.stores[name];
    const away = trouble.away?.store === name ? trouble.away : undefined;
    const failure = new StoreError({
      store: name,
      operation: 'anything',
      code: 503,
      configuration: false,
      blames: 'file',
      advice: 'try again later',
    });
    stores[name] = {
      ...store,
      remove: (files, mayBegin) =>
        call(async () => {
          if (!away) return store.remove(files, mayBegin);
          if (away.removes) await store.remove(files, mayBegin);
          return files.map(() => failure);
        }),
      remaining: (files) =>
        call(async () => (away ? files.map(() => failure) : store.remaining(files))),
    };
  }
  const sql = new Proxy(deps.db.sql, {
    apply: (target, _self, args: Parameters<Sql>) => {
      alive();
      return target(...args);
    },
    get: (target, key) => {
      if (key === 'begin') alive();
      return Reflect.get(target, key);
    },
  });
  return { ...deps, stores, db: { ...deps.db, sql } };
}
