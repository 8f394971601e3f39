import type { QueueName } from '../queues/registry.ts';
import { applyFileEvents } from './apply-file-events.ts';
import { closeDueBatch } from './close-batch.ts';
import { compareWithCms } from './compare-with-cms.ts';
import { purgeQuarantine } from './purge-quarantine.ts';
import { refreshPreferences } from './refresh-preferences.ts';
import { renderEmail } from './render-email.ts';
import { restoreCorrection } from './restore-correction.ts';
import { runCorrection } from './run-correction.ts';
import type { Processor } from './run-job.ts';
import { haveSecondLook } from './second-look.ts';
import { sendEmail } from './send-email.ts';
import { writeBackToCms } from './write-back-to-cms.ts';
import { writeUsageToCms } from './write-usage-to-cms.ts';

/** What works each queue. A queue of the registry without an entry here does not compile. */
export const processors: { [Name in QueueName]: Processor<Name> } = {
  'file-events': applyFileEvents,
  'batch-close': closeDueBatch,
  'email-render': renderEmail,
  'email-send': sendEmail,
  'cms-write-back': writeBackToCms,
  'cms-usage': writeUsageToCms,
  'cms-compare': compareWithCms,
  corrections: runCorrection,
  'correction-restore': restoreCorrection,
  'second-look': haveSecondLook,
  'quarantine-purge': purgeQuarantine,
  preferences: refreshPreferences,
};
