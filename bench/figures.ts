import { applyRate } from './apply.ts';
import type { Figure } from './figure.ts';
import { growth } from './growth.ts';
import { intakeBulk, intakeSingle } from './intake.ts';
import { latency } from './latency.ts';
import { lookup } from './lookup.ts';
import { mailRate, scaleFigures } from './mail.ts';
import { memory } from './memory.ts';
import { redisBytes, redisRebuild } from './redis.ts';
import { renderTime } from './render.ts';

/** Every line of the table, in its order. */
export const figures: Figure[] = [
  intakeSingle,
  intakeBulk,
  applyRate,
  mailRate,
  lookup,
  growth,
  renderTime,
  ...scaleFigures,
  memory,
  redisBytes,
  redisRebuild,
  latency,
];
