import type { Logger } from 'pino';
import type { Db } from '../database.ts';
import type { Metrics } from '../metrics.ts';
import type { PreferenceCollection } from '../preferences.ts';
import type { PageSettings, Sessions } from './sessions.ts';

/** What the pages are made of. */
export interface PageParts {
  db: Db;
  preferences: PreferenceCollection;
  metrics: Metrics;
  log: Logger;
  settings: PageSettings;
  sessions: Sessions;
  /** Requests a minute for all visitors together; 0: no limit. */
  rateLimitMax: number;
}
