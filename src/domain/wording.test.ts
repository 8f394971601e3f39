import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { NotificationSettings } from '../contracts/preferences.ts';
import { readAlike, reworded } from './wording.ts';

const settings: fc.Arbitrary<NotificationSettings> = fc.record({
  notification_enabled: fc.boolean(),
  batch_size_threshold: fc.integer({ min: 1, max: 100 }),
  notification_delay_minutes: fc.integer({ min: 1, max: 1440 }),
  email_format: fc.constantFrom('html' as const, 'text' as const),
  include_success_details: fc.boolean(),
  include_error_details: fc.boolean(),
  locale: fc.constantFrom('de', 'en', null, undefined),
  timezone: fc.constantFrom('Europe/Berlin', null, undefined),
});

it('takes over how a mail reads and nothing of when it was due', () => {
  fc.assert(
    fc.property(settings, settings, (closedWith, wanted) => {
      const now = reworded(closedWith, wanted);
      expect(readAlike(now, wanted)).toBe(true);
      expect(now.notification_enabled).toBe(closedWith.notification_enabled);
      expect(now.batch_size_threshold).toBe(closedWith.batch_size_threshold);
      expect(now.notification_delay_minutes).toBe(closedWith.notification_delay_minutes);
    }),
  );
});

it('sees every difference in reading, whichever way round', () => {
  fc.assert(
    fc.property(settings, settings, (one, other) => {
      expect(readAlike(one, one)).toBe(true);
      expect(readAlike(one, other)).toBe(readAlike(other, one));
      if (one.email_format !== other.email_format) expect(readAlike(one, other)).toBe(false);
      if (one.include_error_details !== other.include_error_details)
        expect(readAlike(one, other)).toBe(false);
    }),
  );
});
