/**
 * How many mails a server is given at a time, by its own answers: as a sender of packets finds out what
 * a network can take (RFC 5681, section 3.1). Each accepted mail adds a little, a server that says it
 * has too much of us halves it. Pure.
 */

/** Accepted mails that add one: asking for too much costs a mail an attempt, so it is not done often. */
const ACCEPTED_PER_STEP = 50;

export interface SendWindow {
  /** Mails under way at a time, as a fraction that grows; whole ones count. At least 1. */
  size: number;
  /** Never more than this. */
  most: number;
  /** How often it was halved: answers to what began before the last time say nothing new. */
  halvings: number;
}

/** The window of a server that has not answered yet: wide open. @param most mails at a time */
export const openWindow = (most: number): SendWindow => ({ size: most, most, halvings: 0 });

/** What one answer says: taken, too much at a time, or nothing about how much. */
export type WindowAnswer = 'accepted' | 'crowded' | 'neither';

/**
 * @param begunAt `halvings` when the mail that was answered began
 * @param underWay mails under way when the answer came, this one included
 */
export function afterAnswer(
  window: SendWindow,
  answer: WindowAnswer,
  begunAt: number,
  underWay: number,
): SendWindow {
  const { size, most, halvings } = window;
  // A window that is not used to the full is not shown to be too small.
  if (answer === 'accepted' && underWay >= Math.floor(size))
    return { ...window, size: Math.min(most, size + 1 / ACCEPTED_PER_STEP) };
  if (answer === 'crowded' && begunAt === halvings)
    return { ...window, size: Math.max(1, Math.floor(size) / 2), halvings: halvings + 1 };
  return window;
}
