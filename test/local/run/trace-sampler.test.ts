import { TraceSampler } from '../../../local/run/trace-sampler';

it('takes one request in ten seconds, the first one at once', () => {
  let nowMs = 5;
  const sampler = new TraceSampler(() => nowMs);
  expect([sampler.sample(), sampler.sample()]).toEqual([true, false]);
  nowMs += 9_999;
  expect(sampler.sample()).toBe(false);
  nowMs += 1;
  expect([sampler.sample(), sampler.sample()]).toEqual([true, false]);
});
