import { loadConfig } from '../../src/config.ts';
import type { Sql, Transaction } from '../../src/db/client.ts';
import { mailBooks } from '../../src/db/mail-books.ts';
import { type Deps, openDeps } from '../../src/deps.ts';
import { NotYet } from '../../src/errors.ts';
import { type QueueName, queues } from '../../src/queues/registry.ts';
import { processors } from '../../src/workers/processors.ts';
import type { JobIdentity, Processor } from '../../src/workers/run-job.ts';

/**
 * A worker process that runs one job and kills itself, as SIGKILL does, right before or right after
 * its nth effect: a statement that writes, a commit, a job raised, a mail sent, a removal, a word to the
 * CMS. Without a kill point it runs through and prints its effects as JSON, and why the job was put off
 * where it was.
 */

export interface Order {
  queue: QueueName;
  payload: unknown;
  job: JobIdentity;
  /** Each single deletion that a store is asked for over HTTP counts as an effect, too. */
  deletions?: boolean;
  kill?: { effect: number; when: 'before' | 'after' };
}

const order = JSON.parse(process.argv[2] ?? '') as Order;
const effects: string[] = [];

async function effect<Result>(name: string, run: () => PromiseLike<Result>): Promise<Result> {
  const nth = effects.push(name) - 1;
  const dies = (when: 'before' | 'after') =>
    order.kill?.effect === nth && order.kill.when === when && process.kill(process.pid, 'SIGKILL');
  dies('before');
  try {
    return await run();
  } finally {
    dies('after');
  }
}

const WRITES =
  /^\s*(?:with\s[\s\S]*?)?(?<!\bfor )\b(insert|update|delete)\s+(?:into\s+|from\s+)?(\w+)/i;

/** The pool with every writing statement and every commit as an effect; reads pass unchanged. */
function watched(sql: Sql): Sql {
  const begin = (work: (tx: Transaction) => Promise<unknown>) => {
    let commit: (() => void) | undefined;
    let ready = () => {};
    const worked = new Promise<void>((resolve) => {
      ready = resolve;
    });
    // The transaction is held open until the effect, its commit, has begun.
    const done = sql.begin(async (tx) => {
      const result = await work(tx);
      ready();
      await new Promise<void>((resolve) => {
        commit = resolve;
      });
      return result;
    });
    return Promise.race([worked, done]).then(() =>
      effect('commit', () => {
        commit?.();
        return done;
      }),
    );
  };
  return new Proxy(sql, {
    apply(target, _self, [strings, ...values]: [TemplateStringsArray, ...never[]]) {
      const [, verb, table] = WRITES.exec(strings.join('?')) ?? [];
      const query = target(strings, ...values);
      return verb ? effect(`${verb} ${table}`, () => query) : query;
    },
    get: (target, key) => (key === 'begin' ? begin : Reflect.get(target, key)),
  });
}

function watchedDeps(deps: Deps): Deps {
  const { producer, transport, cms, stores } = deps;
  for (const store of Object.values(stores)) {
    const remove = store.remove.bind(store);
    store.remove = (...asked) => effect(`remove from ${store.name}`, () => remove(...asked));
  }
  const { quarantine } = deps;
  const watchedQuarantine: typeof quarantine = {
    ...quarantine,
    save: (store, file, origin) =>
      effect(`save ${store}`, () => quarantine.save(store, file, origin)),
    putBack: (parts) => effect('put back', () => quarantine.putBack(parts)),
    purge: (place) => effect('purge', () => quarantine.purge(place)),
  };
  const { updateCompany, updateFile } = cms;
  cms.updateFile = (id, change) => effect('tell the CMS', () => updateFile(id, change));
  cms.updateCompany = (id, change) => effect('tell the CMS', () => updateCompany(id, change));
  const sql = watched(deps.db.sql);
  return {
    ...deps,
    quarantine: watchedQuarantine,
    db: { ...deps.db, sql },
    mails: mailBooks(sql),
    transport: {
      ...transport,
      send: (mail, options) => effect('send', () => transport.send(mail, options)),
    },
    producer: {
      ...producer,
      raise: async (name, jobs) => {
        if (jobs.length > 0) await effect(`raise ${name}`, () => producer.raise(name, jobs));
      },
      ensure: (name, jobs) => effect(`ensure ${name}`, () => producer.ensure(name, jobs)),
      tryToEnsure: (name, jobs) => effect(`ensure ${name}`, () => producer.tryToEnsure(name, jobs)),
    },
  };
}

function watchDeletions(): void {
  const { fetch } = globalThis;
  globalThis.fetch = (input, init) => {
    const { pathname } = new URL(String(input));
    const deletes = init?.method === 'DELETE' || pathname.endsWith('/delete');
    const ask = () => fetch(input, init);
    return deletes ? effect(`a deletion of ${pathname.split('/')[2]}`, ask) : ask();
  };
}

if (order.deletions) watchDeletions();
let putOff: string | null = null;
const deps = openDeps(loadConfig(), 'crashing-worker');
await deps.redis.ping().catch(() => new Promise((resolve) => deps.redis.once('ready', resolve)));
try {
  const payload = queues[order.queue].payload.parse(order.payload);
  const processor = processors[order.queue] as Processor<QueueName>;
  await processor(watchedDeps(deps), payload as never, {
    ...order.job,
    replacePayload: (smaller) =>
      effect('replace the payload', async () => {
        const job = await deps.producer.queue(order.queue).getJob(order.job.id);
        await job?.updateData(smaller);
      }),
  });
} catch (error) {
  if (!(error instanceof NotYet)) throw error;
  putOff = error.message;
} finally {
  await deps.close();
}
process.stdout.write(JSON.stringify({ effects, putOff }), () => process.exit(0));
