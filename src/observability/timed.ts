/**
 * Remembers an answer for a while, so that whoever asks often does not cost more than once. Callers who
 * ask while it is being fetched share the flight; a failure is not remembered.
 * @param ttlMs milliseconds an answer is good for, from its arrival
 */
export function remembered<Answer>(
  ttlMs: number,
  ask: () => Promise<Answer>,
): () => Promise<Answer> {
  let answer: Promise<Answer> | undefined;
  let until = Number.POSITIVE_INFINITY;
  return () => {
    if (answer && Date.now() < until) return answer;
    const asked = ask();
    answer = asked;
    until = Number.POSITIVE_INFINITY;
    asked.then(
      () => {
        until = Date.now() + ttlMs;
      },
      () => {
        answer = undefined;
      },
    );
    return asked;
  };
}
