import { expect, it } from 'vitest';
import { seededRandom } from './random.ts';
import { FAULTS, planFaults } from './schedule.ts';
import { planFiles, planRequests } from './stories.ts';

const planned = (seed: string) => planFaults(seededRandom(seed), 45_000, 3);

it('draws the same faults from the same seed, others from another', () => {
  expect(planned('a')).toEqual(planned('a'));
  expect(planned('a')).not.toEqual(planned('b'));
});

it('befalls every part, and a part with one fault at a time', () => {
  for (const part of Object.keys(FAULTS)) {
    const faults = planned('a').filter((fault) => fault.part === part);
    expect(faults.length).toBeGreaterThan(0);
    for (const [i, fault] of faults.entries())
      expect(fault.from).toBeGreaterThanOrEqual(faults[i - 1]?.until ?? 0);
  }
});

it('tells the same stories and cuts them into the same requests', () => {
  const tell = (seed: string) => {
    const files = planFiles(seededRandom(seed), 20, 10_000, 0);
    return { files, requests: planRequests(seededRandom(seed), files, 10_000) };
  };
  expect(tell('a')).toEqual(tell('a'));
  const { files, requests } = tell('a');
  const told = new Set(files.flatMap((file) => file.deliveries.flatMap(({ events }) => events)));
  const sent = new Set(requests.flatMap((request) => request.events));
  expect(sent).toEqual(told);
  for (const request of requests) expect(request.events.length).toBeLessThanOrEqual(200);
});
