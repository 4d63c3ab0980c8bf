import { ROOT_CONTEXT, trace, type Context, type TraceState } from '@opentelemetry/api';
import { tracing } from '@opentelemetry/sdk-node';
import { Arrival, ArrivedIdGenerator, setArrival } from '../../../services/telemetry/arrival';
import { RatioSampler } from '../../../services/telemetry/sampler';
import { parseTraceState } from '../../../services/telemetry/trace-state';

const HIGH = `${'0'.repeat(18)}ffffffffffffff`;
const LOW = `${'f'.repeat(18)}00000000000000`;

const { RECORD, NOT_RECORD, RECORD_AND_SAMPLED } = tracing.SamplingDecision;

function decide(ratio: number, traceId: string, parent: Context = ROOT_CONTEXT): tracing.SamplingResult {
  return new RatioSampler(ratio, RECORD).shouldSample(parent, traceId);
}

function keeps(ratio: number, traceId: string, parent: Context = ROOT_CONTEXT): boolean {
  return decide(ratio, traceId, parent).decision === RECORD_AND_SAMPLED;
}

function withParent(traceId: string, sampled: boolean, isRemote: boolean, traceState?: TraceState): Context {
  const spanContext = { traceId, spanId: '1234567890123456', traceFlags: Number(sampled), isRemote };
  return trace.setSpanContext(ROOT_CONTEXT, traceState ? { ...spanContext, traceState } : spanContext);
}

/** A request that arrives with this `tracestate`, from a caller who may be believed or from anybody else. */
function arriving(traceId: string, tracestate: string, caller?: { sampled: boolean }): Context {
  const traceState = parseTraceState(tracestate);
  const arrived = { traceId, spanId: '1234567890123456', traceFlags: 0 };
  const parent = caller ? withParent(traceId, caller.sampled, true, traceState) : ROOT_CONTEXT;
  const arrival = new Arrival(traceState ? { ...arrived, traceState } : arrived, caller !== undefined);
  return setArrival(parent, arrival);
}

/** The `tracestate` of a trace after the decision. */
function said(ratio: number, traceId: string, parent?: Context): string | undefined {
  return decide(ratio, traceId, parent).traceState?.serialize();
}

describe('ratio sampling', () => {
  test.each([0.01, 0.1, 0.5])('a ratio of %d keeps that share of random traces', (ratio) => {
    // GIVEN 100,000 random ids
    const ids = new ArrivedIdGenerator();
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
    const ids = new ArrivedIdGenerator();
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

describe('a trace that the ratio does not keep', () => {
  test.each([
    ['recorded, where it may turn out worth keeping', RECORD],
    ['not recorded, where nothing more can be kept', NOT_RECORD],
  ] as const)('is %s', (_what, otherwise) => {
    const sampler = new RatioSampler(0.1, otherwise);
    expect(sampler.shouldSample(ROOT_CONTEXT, LOW)).toEqual({ decision: otherwise });
    expect(sampler.shouldSample(withParent(HIGH, false, false), HIGH)).toEqual({ decision: otherwise });
    expect(sampler.shouldSample(ROOT_CONTEXT, HIGH).decision).toBe(RECORD_AND_SAMPLED);
  });
});

describe('what tracestate says of the sampling', () => {
  test.each([
    [1, '0'],
    [1 / 2, '8'],
    [1 / 3, 'aaab'],
    [1 / 4, 'c'],
    [1 / 5, 'cccd'],
    [1 / 8, 'e'],
    [1 / 10, 'e666'],
    [1 / 16, 'f'],
    [1 / 100, 'fd70a'],
    [1 / 1_000, 'ffbe77'],
    [1 / 1_000_000, 'ffffef39'],
  ])('the threshold of the ratio %d is %s, as in the table of the specification', (ratio, threshold) => {
    expect(said(ratio, HIGH)).toBe(`ot=th:${threshold}`);
  });

  test('the threshold that is said is the one that decides', () => {
    const prefix = '0'.repeat(18);
    expect(keeps(0.1, `${prefix}e6660000000000`)).toBe(true);
    expect(keeps(0.1, `${prefix}e665ffffffffff`)).toBe(false);
  });

  test('a child takes over what its parent says', () => {
    expect(decide(0.1, HIGH, withParent(HIGH, true, false, parseTraceState('ot=th:8')))).toEqual({
      decision: RECORD_AND_SAMPLED,
    });
  });

  test.each([
    ['nothing', '', 'ot=th:e666'],
    ['members of others', 'foo=1,bar=2', 'ot=th:e666,foo=1,bar=2'],
    ['another threshold', 'foo=1,ot=th:8;x:y,bar=2', 'ot=th:e666;x:y,foo=1,bar=2'],
    ['its own threshold', 'foo=1,ot=th:e666', 'foo=1,ot=th:e666'],
    ['sub-keys of others', 'ot=a:b;c:d', 'ot=th:e666;a:b;c:d'],
    ['what is not OpenTelemetry', 'ot=x', 'ot=th:e666'],
    ['a randomness of 13 digits', 'ot=rv:ffffffffffff0', 'ot=th:e666'],
    ['a randomness of 15 digits', 'ot=rv:1234567890abcde', 'ot=th:e666'],
    ['a randomness in capitals', 'ot=rv:FFFFFFFFFFFFF0', 'ot=th:e666'],
    ['as much as there may be', `ot=x:${'y'.repeat(254)}`, `ot=x:${'y'.repeat(254)}`],
    ['more than there may be', `ot=x:${'y'.repeat(260)}`, 'ot=th:e666'],
  ])('of a trace that is kept here and arrived with %s', (_what, arrived, sent) => {
    expect(said(0.1, HIGH, arriving(HIGH, arrived)) ?? '').toBe(sent);
  });

  test.each([
    ['nothing', '', ''],
    ['members of others', 'foo=1', 'foo=1'],
    ['a threshold', 'foo=1,ot=th:8;rv:00000000000000,bar=2', 'ot=rv:00000000000000,foo=1,bar=2'],
    ['a threshold alone', 'ot=th:0,foo=1', 'foo=1'],
  ])('of a trace that is not kept and arrived with %s: never a threshold', (_what, arrived, sent) => {
    expect(said(0.1, LOW, arriving(LOW, arrived)) ?? '').toBe(sent);
    expect(said(1, LOW, arriving(LOW, arrived, { sampled: false })) ?? '').toBe(sent);
  });

  test.each([
    ['no threshold', 'foo=1', 'foo=1'],
    ['a threshold', 'ot=th:8,foo=1', 'ot=th:8,foo=1'],
    ['the lowest threshold', 'ot=th:0', 'ot=th:0'],
    ['zeros at the end', 'ot=th:10000000000000', 'ot=th:1'],
    ['13 digits and a zero', 'ot=th:12345000000000;rv:fffffffffffff0', 'ot=th:12345;rv:fffffffffffff0'],
    ['14 digits', 'ot=th:10000000000010', 'ot=th:1000000000001'],
    ['15 digits', 'ot=th:100000000000000', ''],
    ['no digits', 'ot=th:x;a:b', 'ot=a:b'],
  ])('of a trace that a believed caller has kept with %s', (_what, arrived, sent) => {
    expect(said(0.1, LOW, arriving(LOW, arrived, { sampled: true })) ?? '').toBe(sent);
  });

  test('a list without room is left as it is', () => {
    const full = Array.from({ length: 32 }, (_, index) => `m${index}=1`).join(',');
    expect(said(0.1, HIGH, arriving(HIGH, full))).toBe(full);
  });

  test.each([
    ['7fffffffffffff', false],
    ['80000000000000', true],
  ])('the randomness %s of tracestate counts in place of that of the trace id: kept is %s', (rv, kept) => {
    for (const traceId of [LOW, HIGH]) {
      const context = arriving(traceId, `ot=rv:${rv}`);
      expect(keeps(0.5, traceId, context)).toBe(kept);
      expect(said(0.5, traceId, context)).toBe(kept ? `ot=th:8;rv:${rv}` : `ot=rv:${rv}`);
    }
  });
});
