import { ROOT_CONTEXT, trace, type Context } from '@opentelemetry/api';
import { tracing } from '@opentelemetry/sdk-node';
import { Arrival, setArrival } from '../../../services/telemetry/arrival';
import { RatioSampler } from '../../../services/telemetry/sampler';

const HIGH = `${'0'.repeat(18)}ffffffffffffff`;
const LOW = `${'f'.repeat(18)}00000000000000`;

function keeps(ratio: number, traceId: string, parent: Context = ROOT_CONTEXT): boolean {
  const { decision } = new RatioSampler(ratio).shouldSample(parent, traceId);
  return decision === tracing.SamplingDecision.RECORD_AND_SAMPLED;
}

function withParent(traceId: string, sampled: boolean, isRemote: boolean): Context {
  const spanContext = { traceId, spanId: '1234567890123456', traceFlags: Number(sampled), isRemote };
  return trace.setSpanContext(ROOT_CONTEXT, spanContext);
}

describe('ratio sampling', () => {
  test.each([0.01, 0.1, 0.5])('a ratio of %d keeps that share of random traces', (ratio) => {
    // GIVEN 100,000 random ids
    const ids = new tracing.RandomIdGenerator();
    const total = 100_000;
    // WHEN each is decided
    let kept = 0;
    for (let i = 0; i < total; i++) if (keeps(ratio, ids.generateTraceId())) kept += 1;
    // THEN the share is within five standard deviations
    const sigma = Math.sqrt((ratio * (1 - ratio)) / total);
    expect(Math.abs(kept / total - ratio)).toBeLessThan(5 * sigma);
  });

  test.each([
    [1, LOW, true],
    [1, HIGH, true],
    [0, HIGH, false],
    [0.5, `${'0'.repeat(18)}80000000000000`, true],
    [0.5, `${'f'.repeat(18)}7fffffffffffff`, false],
    [2 ** -60, HIGH, false],
    [0.1, HIGH, true],
    [0.1, LOW, false],
  ])('ratio %d of trace %s: kept is %s, by the last 56 bits alone', (ratio, traceId, kept) => {
    expect(keeps(ratio, traceId)).toBe(kept);
  });

  test('a trace kept at a ratio is kept at every higher ratio', () => {
    const ids = new tracing.RandomIdGenerator();
    const ratios = [0.001, 0.01, 0.1, 0.3, 0.9];
    for (let i = 0; i < 1_000; i++) {
      const traceId = ids.generateTraceId();
      const decisions = ratios.map((ratio) => keeps(ratio, traceId));
      const first = decisions.indexOf(true);
      expect(decisions).toEqual(ratios.map((_, index) => first >= 0 && index >= first));
    }
  });

  test.each([
    ['a local parent', 'sampled', withParent(LOW, true, false), LOW, true],
    ['a local parent', 'not sampled', withParent(HIGH, false, false), HIGH, false],
  ])('%s that is %s decides', (_who, _how, parent, traceId, kept) => {
    expect(keeps(0.1, traceId, parent)).toBe(kept);
  });

  test.each([
    [true, true, LOW, true],
    [true, false, HIGH, false],
    [false, true, LOW, false],
    [false, false, HIGH, true],
  ])(
    'a remote parent (believed %s, sampled %s) of trace %s: kept is %s',
    (believed, sampled, traceId, kept) => {
      const parent = withParent(traceId, sampled, true);
      const arrived = { traceId, spanId: '1234567890123456', traceFlags: 0 };
      expect(keeps(0.1, traceId, setArrival(parent, new Arrival(arrived, believed)))).toBe(kept);
    },
  );
});
