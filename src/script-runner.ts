/** As much of a Redis client as running scripts takes; it must fail fast while Redis is away. */
export interface ScriptRunner {
  eval(script: string, keys: number, ...args: (string | number)[]): Promise<unknown>;
}
