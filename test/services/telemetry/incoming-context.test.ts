import { propagation, trace } from '@opentelemetry/api';
import { fastify, type FastifyInstance } from 'fastify';
import { remainingMs } from '../../../services/telemetry/deadline';
import { send } from './http';
import { traceThisProcess, type TracedProcess } from './traced-process';

const T = '12345678901234567890123456789012';
const P = '1234567890123456';
/** The caller's own span, which the proxy has replaced by P. */
const C = 'aaaaaaaaaaaaaaaa';
/** A trace id that a ratio of 0.5 keeps, and one that it drops. */
const KEPT = `${'1'.repeat(18)}ffffffffffffff`;
const DROPPED = `${'1'.repeat(18)}00000000000000`;

interface Seen {
  traceId: string;
  sampled: boolean;
  tracestate?: string;
  deadline?: number;
  baggage: boolean;
}

describe.each([
  ['a service whose callers are authenticated', true],
  ['a public edge', false],
])('%s', (_name, trusted) => {
  let traced: TracedProcess;
  let app: FastifyInstance;
  let url: string;

  beforeAll(async () => {
    traced = traceThisProcess({ TRACED_TRUST_CALLER: String(trusted), OTEL_TRACES_SAMPLER_ARG: '0.5' });
    app = fastify();
    app.get('/', (): Seen => {
      const context = trace.getActiveSpan()?.spanContext();
      return {
        traceId: context?.traceId ?? '',
        sampled: context?.traceFlags === 1,
        ...(context?.traceState && { tracestate: context.traceState.serialize() }),
        deadline: remainingMs() ?? -1,
        baggage: propagation.getActiveBaggage() !== undefined,
      };
    });
    url = await app.listen({ host: '127.0.0.1', port: 0 });
  });

  afterAll(async () => {
    await app.close();
    await traced.stop();
  });

  const visit = async (headers: Record<string, string | string[]>): Promise<Seen> =>
    JSON.parse((await send(url, { headers })).body);

  const parentOf = async (traceId: string): Promise<string | undefined> => {
    const spans = (await traced.spans()).filter((span) => span.spanContext().traceId === traceId);
    expect(spans.length).toBeGreaterThan(0);
    return spans.at(-1)?.parentSpanContext?.spanId;
  };

  test.each([
    ['nothing', {}],
    ['two traceparent headers', { traceparent: [`00-${T}-${P}-01`, `00-${T}-${C}-01`] }],
    ['a wrong name', { 'trace-parent': `00-${T}-${P}-01` }],
    ['a tail in version 00', { traceparent: `00-${T}-${P}-01-what` }],
    ['version ff', { traceparent: `ff-${T}-${P}-01` }],
    ['a version of three digits', { traceparent: `000-${T}-${P}-01` }],
    ['a trace id of zeros', { traceparent: `00-${'0'.repeat(32)}-${P}-01` }],
    ['an upper-case trace id', { traceparent: `00-${'A'.repeat(32)}-${P}-01` }],
    ['a trace id of 31 digits', { traceparent: `00-${T.slice(1)}-${P}-01` }],
    ['a parent id of zeros', { traceparent: `00-${T}-${'0'.repeat(16)}-01` }],
    ['a parent id of 17 digits', { traceparent: `00-${T}-${P}0-01` }],
    ['flags of one digit', { traceparent: `00-${T}-${P}-1` }],
    ['an illegal flag character', { traceparent: `00-${T}-${P}-.0` }],
    ['only a tracestate', { tracestate: 'foo=1' }],
    ['only traced-parent', { 'traced-parent': `00-${T}-${C}-01` }],
    ['a malformed legacy header', { 'x-cloud-trace-context': `${T}/1;o=` }],
  ])('starts a new trace for %s', async (_case, headers) => {
    const seen = await visit({ tracestate: 'foo=1', ...headers });
    expect(seen.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(seen.traceId).not.toBe(T);
    // Only what this service itself has to say, its sampling, may be there.
    expect(seen.tracestate ?? '').not.toContain('foo');
  });

  test.each([
    ['traceparent', { traceparent: `00-${T}-${P}-01` }],
    ['TraceParent', { TraceParent: `00-${T}-${P}-01` }],
    ['a later version', { traceparent: `cc-${T}-${P}-01-what-the-future-will-be` }],
    ['blanks around', { traceparent: ` 00-${T}-${P}-01 ` }],
    ['unknown flags', { traceparent: `00-${T}-${P}-fd` }],
    ['the legacy header', { 'x-cloud-trace-context': `${T}/1;o=1` }],
    [
      'the legacy header beside a bad traceparent',
      { traceparent: 'x', 'x-cloud-trace-context': `${T}/1;o=1` },
    ],
    [
      'a good traceparent beside a bad legacy header',
      { traceparent: `00-${T}-${P}-01`, 'x-cloud-trace-context': '/' },
    ],
  ])('stays in the trace that arrived with %s', async (_case, headers) => {
    expect((await visit(headers)).traceId).toBe(T);
  });

  test('traceparent wins over the legacy header', async () => {
    const legacy = `${'9'.repeat(32)}/1;o=1`;
    const seen = await visit({ traceparent: `00-${T}-${P}-01`, 'x-cloud-trace-context': legacy });
    expect(seen.traceId).toBe(T);
  });

  test.each([
    ['with a parent', '01'],
    ['as a root', '00'],
  ])('keeps the tracestate %s', async (_case, flags) => {
    const seen = await visit({ traceparent: `00-${T}-${P}-${flags}`, tracestate: 'foo=1,bar=2' });
    expect(seen.tracestate).toMatch(/(^|,)foo=1,bar=2$/);
  });

  test("OpenTelemetry's own member of the tracestate is believed only where the caller is trusted", async () => {
    const seen = await visit({
      traceparent: `00-${DROPPED}-${P}-01`,
      'traced-parent': `00-${DROPPED}-${C}-01`,
      tracestate: 'foo=1,ot=rv:fffffffffffffe',
    });
    expect(seen.tracestate).toMatch(/(^|,)foo=1(,|$)/);
    expect(seen.tracestate?.includes('rv:fffffffffffffe')).toBe(trusted);
  });

  test('baggage is not even read', async () => {
    expect((await visit({ baggage: `tenant=${'x'.repeat(8_000)}` })).baggage).toBe(false);
  });

  test("without a caller's context the proxy's span is the parent if its flag says that it is stored", async () => {
    await visit({ traceparent: `00-${KEPT}-${P}-01` });
    expect(await parentOf(KEPT)).toBe(P);
  });

  test("without a caller's context the first span is a root of the same trace if the proxy's is not stored", async () => {
    await visit({ traceparent: `00-${KEPT}-${P}-00` });
    expect(await parentOf(KEPT)).toBeUndefined();
  });

  test.each(['00', '01'])("the proxy's flag %s does not decide", async (flags) => {
    expect((await visit({ traceparent: `00-${KEPT}-${P}-${flags}` })).sampled).toBe(true);
    expect((await visit({ traceparent: `00-${DROPPED}-${P}-${flags}` })).sampled).toBe(false);
  });

  test.each([
    ['00', '01'],
    ['01', '01'],
    ['00', '00'],
    ['01', '00'],
  ])(
    "the caller's own context decides only where it is trusted (proxy %s, caller %s)",
    async (proxy, caller) => {
      for (const traceId of [KEPT, DROPPED]) {
        const seen = await visit({
          traceparent: `00-${traceId}-${P}-${proxy}`,
          'traced-parent': `00-${traceId}-${C}-${caller}`,
        });
        expect(seen).toMatchObject({ traceId, sampled: trusted ? caller === '01' : traceId === KEPT });
      }
    },
  );

  test("the caller's own span is the parent only where it is trusted", async () => {
    const traceId = `2${KEPT.slice(1)}`;
    await visit({ traceparent: `00-${traceId}-${P}-00`, 'traced-parent': `00-${traceId}-${C}-01` });
    expect(await parentOf(traceId)).toBe(trusted ? C : undefined);
  });

  test.each([
    ['of another trace', `00-${T}-${C}-01`],
    ['that is malformed', `00-${DROPPED}-${C}-1`],
    ['twice', [`00-${DROPPED}-${C}-01`, `00-${DROPPED}-${C}-01`]],
  ])("a caller's context %s is ignored", async (_case, value) => {
    const seen = await visit({ traceparent: `00-${DROPPED}-${P}-00`, 'traced-parent': value });
    expect(seen).toMatchObject({ traceId: DROPPED, sampled: false });
  });

  test("the caller's deadline holds only where it is trusted", async () => {
    const { deadline } = await visit({ 'traced-deadline-ms': '60000' });
    expect(deadline).toBeLessThanOrEqual(60_000);
    expect(Number(deadline) > 50_000).toBe(trusted);
  });

  test.each([['0'], ['-5'], ['1.5'], ['1e3'], ['3600001'], ['99999999999'], ['soon'], [''], [['5', '5']]])(
    'the deadline %j is ignored',
    async (value) => {
      expect((await visit({ 'traced-deadline-ms': value })).deadline).toBe(-1);
    },
  );
});
