import { admit, type CircuitPolicy, CLOSED_CIRCUIT, settle } from '../domain/circuit-breaker.ts';
import type { TakePlaces } from '../domain/rate-limits.ts';
import type { LeftoverStore, PerFile } from './store.ts';
import { StoreError } from './store-error.ts';

/** How many files a store may be asked about now, and why not more. */
export interface Admission {
  admitted: number;
  /** Null where all are. Nothing was asked of the store; `retryAfterMs` says when it makes sense. */
  refusal: StoreError | null;
}

/** A store that is left alone while it is in trouble, and never gets more than its limits allow. */
export interface GuardedStore extends LeftoverStore {
  /** To be asked before files are saved, removed or put back, and before anybody notes that it began. */
  admit(wanted: number): Promise<Admission>;
  /** Whether it is left alone at the moment. */
  rests(): boolean;
  /** For whatever else the store is asked, such as to save or put back: failures count as its own. */
  watch: Watch;
}

/** Asks the question and lets the circuit breaker learn how it went. @throws what the question throws */
export type Watch = <Answer>(question: () => Promise<Answer>) => Promise<Answer>;

/** Code of a refusal that is nobody's failure: the store has had its share for now. */
export const RATE_LIMITED = 'rate limit';

/**
 * Keeps a circuit breaker and a rate limit before a store. What the store says of single files does not
 * count as trouble.
 * @param now a monotonic clock, in milliseconds
 */
export function guardedStore(
  store: LeftoverStore,
  {
    circuit: policy,
    takePlaces,
    now,
  }: { circuit: CircuitPolicy; takePlaces: TakePlaces; now: () => number },
): GuardedStore {
  let circuit = CLOSED_CIRCUIT;

  const refuse = (code: string, retryAfterMs: number, advice: string) =>
    new StoreError({
      store: store.name,
      operation: 'admission',
      code,
      configuration: false,
      retryAfterMs: Math.max(1, Math.ceil(retryAfterMs)),
      advice,
    });
  const resting = (): Admission => {
    const advice = 'it failed repeatedly and is left alone for a moment';
    return { admitted: 0, refusal: refuse('resting', circuit.retryAt - now(), advice) };
  };

  async function watched<Answer>(question: () => Promise<PerFile<Answer>>) {
    const { epoch } = circuit;
    const answers = await question();
    if (answers.length > 0) circuit = settle(circuit, epoch, outcomeOf(answers), now(), policy);
    return answers;
  }

  const watch: Watch = async (question) => {
    const { epoch } = circuit;
    const learn = (answer: unknown) => {
      circuit = settle(circuit, epoch, outcomeOf([answer]), now(), policy);
    };
    try {
      const answer = await question();
      learn(answer);
      return answer;
    } catch (error) {
      if (error instanceof StoreError) learn(error);
      throw error;
    }
  };

  return {
    ...store,
    watch,
    rests: () => !admit(circuit, now(), policy).admitted,
    async admit(wanted) {
      // Asked twice: a resting store uses up no place, and no probe is spent on waiting for one.
      if (!admit(circuit, now(), policy).admitted) return resting();
      const { taken, waitMs } = await takePlaces(wanted);
      const advice = 'it goes on when STORE_RATE_LIMITS allows it';
      const refusal = taken < wanted ? refuse(RATE_LIMITED, waitMs, advice) : null;
      if (taken === 0) return { admitted: 0, refusal };
      const asked = admit(circuit, now(), policy);
      if (!asked.admitted) return resting();
      circuit = asked.circuit;
      return { admitted: taken, refusal };
    },
    remove: (files, mayBegin) => watched(() => store.remove(files, mayBegin)),
    remaining: (files) => watched(() => store.remaining(files)),
  };
}

/** One usable answer shows that the store is there, whatever it said of the other files. */
function outcomeOf(answers: readonly unknown[]) {
  const trouble = answers.filter(
    (answer) => answer instanceof StoreError && answer.blames === 'store',
  );
  if (trouble.length < answers.length) return 'answered';
  return trouble.some((answer) => answer instanceof StoreError && answer.timedOut)
    ? 'timed-out'
    : 'failed';
}
