import * as fc from 'fast-check';
import { ServiceCode, TracedCloudRunService, TrafficTarget } from '../../constructs';
import { cloudRunService, refusalCode, synth, testStack } from '../helpers/synth';

const code = ServiceCode.fromImage('image');

function trafficOf(traffic: readonly TrafficTarget[]): unknown {
  const stack = testStack();
  new TracedCloudRunService(stack, 'gateway', { code, traffic });
  return cloudRunService(synth(stack)).service['traffic'];
}

describe('traffic', () => {
  test('is left to Cloud Run, which sends all to the latest revision', () => {
    const stack = testStack();
    new TracedCloudRunService(stack, 'gateway', { code });
    expect(cloudRunService(synth(stack)).service).not.toHaveProperty('traffic');
  });

  test('is split between revisions, which may have URLs of their own', () => {
    const traffic = [
      TrafficTarget.revision('gateway-production-00041-xyz', { percent: 90 }),
      TrafficTarget.latest({ percent: 10, tag: 'canary' }),
      TrafficTarget.revision('gateway-production-00040-abc', { percent: 0, tag: 'before' }),
    ];
    expect(trafficOf(traffic)).toEqual([
      {
        type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION',
        revision: 'gateway-production-00041-xyz',
        percent: 90,
      },
      { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 10, tag: 'canary' },
      {
        type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION',
        revision: 'gateway-production-00040-abc',
        percent: 0,
        tag: 'before',
      },
    ]);
  });

  test('is refused unless the shares are 100 together', () => {
    const percents = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(percents, (shares) => {
        const split = (): unknown => trafficOf(shares.map((percent) => TrafficTarget.latest({ percent })));
        const sum = shares.reduce((whole, share) => whole + share, 0);
        expect(refusalCode(split)).toBe(sum === 100 ? undefined : 'TCR027');
      }),
      { numRuns: 50, examples: [[[100]], [[50, 50]], [[99]]] },
    );
    expect(() =>
      trafficOf([TrafficTarget.latest({ percent: 90 }), TrafficTarget.latest({ percent: 5 })]),
    ).toThrow(
      "TCR027 at shop/gateway: the percent of all targets in 'traffic' must be 100 together, got 90 + 5",
    );
    expect(() => trafficOf([])).toThrow('must be 100 together, got no target');
    expect(() => trafficOf([TrafficTarget.latest({ percent: 101 })])).toThrow(
      "TCR004 at shop/gateway: 'percent' must be a whole number within 0..100, got 101",
    );
  });

  test('is refused with a tag that is malformed or used twice', () => {
    expect(() => trafficOf([TrafficTarget.latest({ percent: 100, tag: 'My tag' })])).toThrow(
      "TCR027 at shop/gateway: a tag must be lower-case letters, digits and '-', first a letter and last no '-', got " +
        "'My tag'",
    );
    const twice = [50, 50].map((percent) => TrafficTarget.latest({ percent, tag: 'canary' }));
    expect(() => trafficOf(twice)).toThrow(
      "TCR027 at shop/gateway: the tag 'canary' is used twice in 'traffic', and is part of a URL; give one target another tag",
    );
  });
});
