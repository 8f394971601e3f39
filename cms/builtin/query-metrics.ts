import type postgres from 'postgres';

/** Told of every statement that has ended: how long it took in seconds, and whether it failed. */
export type OnQuery = (seconds: number, failed: boolean) => void;

/** What runs statements: the pool, or one of its transactions. */
interface Runner {
  unsafe: postgres.Sql['unsafe'];
}
type Begin = (work: (tx: Runner) => unknown) => unknown;

/** The same client, with every statement sent through it timed, those of its transactions included. */
export function timingQueries<Client extends Runner>(client: Client, onQuery: OnQuery): Client {
  return new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name === 'unsafe')
        return (...statement: Parameters<Runner['unsafe']>) =>
          timed(target.unsafe(...statement), onQuery);
      if (name === 'begin' || name === 'savepoint')
        return (work: Parameters<Begin>[0]) =>
          (value as Begin)((tx) => work(timingQueries(tx, onQuery)));
      return value;
    },
  });
}

function timed<Query extends PromiseLike<unknown>>(query: Query, onQuery: OnQuery): Query {
  const started = process.hrtime.bigint();
  const ended = (failed: boolean) => () =>
    onQuery(Number(process.hrtime.bigint() - started) / 1e9, failed);
  query.then(ended(false), ended(true));
  return query;
}
