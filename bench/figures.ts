import type { Figure } from './figure.ts';
import { intakeBulk, intakeSingle } from './intake.ts';

/** Every line of the table, in its order. */
export const figures: Figure[] = [intakeSingle, intakeBulk];
