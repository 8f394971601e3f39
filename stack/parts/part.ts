import type { Keys } from '../keys.ts';
import type { Child, ChildSpec } from '../processes/child.ts';

/** What starting any part takes and gives. */

export type PartName = 'postgres' | 'redis' | 'chroma' | 's3' | 'inbox' | 'cms';

/** What a part may use while it starts. */
export interface PartContext {
  /** Folder of this stack; a part keeps its data in a sub-folder of its own name. */
  dataDir: string;
  /** Variables given or filled in so far. */
  env: Readonly<Record<string, string>>;
  /** Secrets kept with the data. */
  keys: Keys;
  /** Whether ports may be the well-known ones (`npm start`) or must be any free ones. */
  usualPorts: boolean;
  log(line: string): void;
  /** Starts a supervised process that is stopped with the stack. */
  run(spec: ChildSpec): Promise<Child>;
}

/** What a started part contributes: variables for the processes, addresses for people. */
export interface Started {
  env: Record<string, string>;
  urls?: Record<string, string>;
}

export type StartPart = (context: PartContext) => Promise<Started>;
