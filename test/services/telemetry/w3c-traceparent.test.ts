import {
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  trace,
  TraceFlags,
  type Context,
} from '@opentelemetry/api';
import { core } from '@opentelemetry/sdk-node';
import { getArrival } from '../../../services/telemetry/arrival';
import { markServiceCall, TracedPropagator } from '../../../services/telemetry/propagator';
import { parseTraceparent } from '../../../services/telemetry/w3c-trace-context';

const T = '12345678901234567890123456789abc';
const P = '1234567890123def';
const OWN = 'aaaaaaaaaaaaaaaa';

describe('traceparent', () => {
  test.each([
    ['version 00', `00-${T}-${P}-01`],
    ['blanks and tabs around', `\t 00-${T}-${P}-01 \t`],
    ['a later version', `01-${T}-${P}-01`],
    ['the last version there can be', `fe-${T}-${P}-01`],
    ['further fields of a later version', `cc-${T}-${P}-01-x=1.2;3 4-5`],
    ['an empty further field of a later version', `cc-${T}-${P}-01-`],
    ['blanks behind a later version', `cc-${T}-${P}-01 \t`],
  ])('with %s is read', (_case, value) => {
    expect(parseTraceparent(value)).toEqual({ traceId: T, spanId: P, traceFlags: 1, isRemote: true });
  });

  test.each([
    ['ff', 3],
    ['fd', 1],
    ['fe', 2],
    ['10', 0],
  ])('with flags %s means the known ones only', (flags, traceFlags) => {
    expect(parseTraceparent(`00-${T}-${P}-${flags}`)?.traceFlags).toBe(traceFlags);
  });

  test.each([
    ['nothing', ''],
    ['blanks only', ' \t '],
    ['an upper-case trace id', `00-${T.toUpperCase()}-${P}-01`],
    ['an upper-case parent id', `00-${T}-${P.toUpperCase()}-01`],
    ['upper-case flags', `00-${T}-${P}-0A`],
    ['an upper-case version', `CC-${T}-${P}-01`],
    ['version ff', `ff-${T}-${P}-01-x`],
    ['an id of zeros in a later version', `cc-${'0'.repeat(32)}-${P}-01`],
    ['a parent id of zeros in a later version', `cc-${T}-${'0'.repeat(16)}-01`],
    ['further fields of version 00', `00-${T}-${P}-01-`],
    ['a further field without dash', `cc-${T}-${P}-01x`],
    ['a further field behind a blank', `cc-${T}-${P}-01 -x`],
    ['no flags', `00-${T}-${P}`],
    ['no flags behind the dash', `cc-${T}-${P}-`],
    ['other dashes', `00_${T}_${P}_01`],
    ['two values', `00-${T}-${P}-01, 00-${T}-${P}-01`],
    ['two values of a later version', `cc-${T}-${P}-01, cc-${T}-${P}-01`],
    ['two values of a later version with further fields', `cc-${T}-${P}-01-x, cc-${T}-${P}-01-x`],
    ['an empty second value', `00-${T}-${P}-01, `],
    ['a line break', `00-${T}-${P}-01\n`],
    ['a non-breaking space', `00-${T}-${P}-01\u00a0`],
    ['digits of another script', `00-${T.replace('1', '\u0661')}-${P}-01`],
  ])('with %s is ignored', (_case, value) => {
    expect(parseTraceparent(value)).toBeUndefined();
  });

  test('of a million blanks is read in one pass, where comparing each with each would take hours', () => {
    const blanks = ' '.repeat(1_000_000);
    expect(parseTraceparent(`${blanks}00-${T}-${P}-01${blanks}`)?.traceId).toBe(T);
    expect(parseTraceparent(`cc-${T}-${P}-01-${blanks},`)).toBeUndefined();
    expect(parseTraceparent(`${blanks}x`)).toBeUndefined();
  });
});

/** What is sent on by a service that received `headers` and made one span. */
function sendOn(headers: Record<string, string>, trusted = true, spanContext = {}): Record<string, string> {
  const propagator = new TracedPropagator(trusted);
  const context = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
  const { traceId = T, traceState } = getArrival(context) ?? {};
  const own = { traceId, spanId: OWN, traceFlags: TraceFlags.SAMPLED, ...spanContext };
  const sent: Record<string, string> = {};
  const span = trace.setSpanContext(context, traceState ? { ...own, traceState } : own);
  propagator.inject(span, sent, defaultTextMapSetter);
  return sent;
}

describe('what is sent on', () => {
  test.each(Array.from({ length: 256 }, (_, bits) => bits.toString(16).padStart(2, '0')))(
    'for flags %s has two digits and no flag that is unknown',
    (flags) => {
      const random = Number(`0x${flags}`) & 2;
      expect(sendOn({ traceparent: `00-${T}-${P}-${flags}` })).toEqual({
        traceparent: `00-${T}-${OWN}-0${1 + random}`,
      });
    },
  );

  test('for a later version is of version 00', () => {
    expect(sendOn({ traceparent: `cc-${T}-${P}-01-more` })).toEqual({ traceparent: `00-${T}-${OWN}-01` });
  });

  test.each([
    ['a trace that begins here is random', {}, {}, '03'],
    ['a trace that begins here is random, also when it is not sampled', {}, { traceFlags: 0 }, '02'],
    ['another trace than the one that arrived is random', arriving('00'), { traceId: '9'.repeat(32) }, '03'],
    ['a trace of the legacy header may not be random', { 'x-cloud-trace-context': `${T}/1;o=1` }, {}, '01'],
    ["the caller's own flags count", { ...arriving('00'), 'traced-parent': `00-${T}-${P}-03` }, {}, '03'],
    [
      "the proxy's flags do not count then",
      { ...arriving('02'), 'traced-parent': `00-${T}-${P}-01` },
      {},
      '01',
    ],
    [
      'a caller of another trace does not count',
      { ...arriving('00'), 'traced-parent': `00-${'9'.repeat(32)}-${P}-03` },
      {},
      '01',
    ],
  ])('%s', (_case, headers, spanContext, flags) => {
    expect(sendOn(headers, true, spanContext)['traceparent']?.slice(-2)).toBe(flags);
  });

  test('from a span with unknown flags has the known ones only', () => {
    expect(sendOn({}, true, { traceFlags: 0xfd })).toEqual({ traceparent: `00-${T}-${OWN}-03` });
  });

  test("a stranger's own context does not count at a public edge", () => {
    const headers = { ...arriving('00'), 'traced-parent': `00-${T}-${P}-03` };
    expect(sendOn(headers, false)['traceparent']).toBe(`00-${T}-${OWN}-01`);
  });

  test.each<[string, Context]>([
    ['no span', ROOT_CONTEXT],
    ['an invalid span', withSpan({ traceId: '0'.repeat(32) })],
    ['a span of an invalid id', withSpan({ spanId: '' })],
    ["telemetry's own work", core.suppressTracing(withSpan({}))],
  ])('for %s is nothing', (_case, context) => {
    const sent = {};
    new TracedPropagator(true).inject(markServiceCall(context), sent, defaultTextMapSetter);
    expect(sent).toEqual({});
  });

  test('to a service of the system is the same parent twice, and to nobody the legacy header', () => {
    const propagator = new TracedPropagator(true);
    const sent: Record<string, string> = {};
    propagator.inject(markServiceCall(withSpan({})), sent, defaultTextMapSetter);
    const traceparent = `00-${T}-${OWN}-03`;
    expect(sent).toEqual({ traceparent, 'traced-parent': traceparent });
    expect(propagator.fields()).toEqual(['traceparent', 'tracestate', 'traced-parent']);
  });
});

function arriving(flags: string): Record<string, string> {
  return { traceparent: `00-${T}-${P}-${flags}` };
}

function withSpan(spanContext: object): Context {
  return trace.setSpanContext(ROOT_CONTEXT, { traceId: T, spanId: OWN, traceFlags: 1, ...spanContext });
}
