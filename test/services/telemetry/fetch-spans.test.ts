import { createServer, type IncomingMessage } from 'node:http';
import { context, createTraceState, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { core, type tracing } from '@opentelemetry/sdk-node';
import { fastify } from 'fastify';
import { withClientSpan } from '../../../services/telemetry/client-span';
import {
  CallerGoneError,
  Deadline,
  DeadlineExceededError,
  remainingMs,
  setDeadline,
} from '../../../services/telemetry/deadline';
import { markServiceCall } from '../../../services/telemetry/propagator';
import { parseTraceState } from '../../../services/telemetry/trace-state';
import { listenLocally, RecordingServer, send } from './http';
import { traceThisProcess, type TracedProcess } from './traced-process';

let traced: TracedProcess;
let callee: RecordingServer;
let url: string;

beforeEach(async () => {
  callee = new RecordingServer();
  url = await listenLocally(callee.server);
  traced = traceThisProcess({ TRACED_TRUST_CALLER: 'true', CALLEE_URL: url, CALLEE_DEADLINE_MS: '1000' });
});

afterEach(async () => {
  callee.close();
  await traced.stop();
});

async function onlySpan(): Promise<tracing.ReadableSpan> {
  const spans = await traced.spans();
  expect(spans).toHaveLength(1);
  const [span] = spans;
  if (!span) throw new Error('no span');
  return span;
}

const traceHeaders = ({ headers }: IncomingMessage): string[] =>
  Object.keys(headers).filter((name) => /trace|baggage/.test(name));

describe('client spans of fetch', () => {
  test('a call is a client span whose context travels, without anything else', async () => {
    await fetch(`${url}/path?key=secret&key=two&secret`, { method: 'POST', body: 'x' });
    const span = await onlySpan();
    const { traceId, spanId } = span.spanContext();
    expect(span.name).toBe('POST');
    expect(span.kind).toBe(SpanKind.CLIENT);
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
    expect(span.attributes).toEqual({
      'http.request.method': 'POST',
      'url.full': `${url}/path?key=REDACTED&key=REDACTED&REDACTED`,
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(url).port),
      'http.response.status_code': 200,
    });
    const { headers } = callee.last;
    expect(headers['traceparent']).toBe(`00-${traceId}-${spanId}-03`);
    expect(headers['traced-parent']).toBe(headers['traceparent']);
    for (const name of ['traced-deadline-ms', 'baggage', 'x-cloud-trace-context']) {
      expect(headers).not.toHaveProperty(name);
    }
  });

  test('it is a child of the active span and carries its tracestate', async () => {
    const traceState = createTraceState('foo=1');
    const parent = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1, traceState };
    await context.with(trace.setSpanContext(context.active(), parent), () => fetch(url));
    const span = await onlySpan();
    expect(span.parentSpanContext?.spanId).toBe('2'.repeat(16));
    expect(span.spanContext().traceId).toBe('1'.repeat(32));
    expect(callee.last.headers['tracestate']).toBe('foo=1');
  });

  test.each([
    ['traceparent', { TraceParent: `00-${'7'.repeat(32)}-${'8'.repeat(16)}-01` }, ['traceparent']],
    [
      'traceparent and tracestate',
      { TraceParent: `00-${'7'.repeat(32)}-${'8'.repeat(16)}-01`, TraceState: 'own=1' },
      ['traceparent', 'tracestate'],
    ],
    ['tracestate', { TraceState: 'own=1' }, ['traced-parent', 'traceparent', 'tracestate']],
    ['traced-parent', { 'Traced-Parent': 'own' }, ['traced-parent', 'traceparent', 'tracestate']],
  ])('a %s that the application set is sent once, as it was set', async (_case, set, names) => {
    // GIVEN a call to a service of the system, in a trace with a state
    const traceState = parseTraceState('foo=1');
    if (!traceState) throw new Error('no state');
    const parent = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1, traceState };
    const calling = markServiceCall(trace.setSpanContext(context.active(), parent));
    const kept = { 'x-own': 'kept', ...set };
    // WHEN
    await context.with(calling, () => fetch(url, { headers: kept }));
    // THEN no header came twice, and none of the application's was changed
    const { headers, rawHeaders } = callee.last;
    const sent = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    const own = Object.entries(kept).map(([name, value]) => [name.toLowerCase(), value]);
    expect(headers).toMatchObject(Object.fromEntries(own));
    expect(sent.filter((name) => name.startsWith('trace')).toSorted()).toEqual(names);
  });

  test('it ends when the headers are there, even if nobody ever reads the body', async () => {
    callee.body = 'x'.repeat(2_000_000);
    const response = await fetch(url);
    expect((await onlySpan()).attributes['http.response.status_code']).toBe(200);
    await response.body?.cancel();
  });

  test.each([404, 500])('the answer %d is an error of the call', async (status) => {
    callee.status = status;
    await fetch(url);
    const span = await onlySpan();
    expect(span.status.code).toBe(SpanStatusCode.ERROR);
    expect(span.attributes).toMatchObject({
      'error.type': String(status),
      'http.response.status_code': status,
    });
  });

  test('nothing of a trace goes to third parties, whatever came in and whoever redirects to them', async () => {
    // GIVEN a private service that calls a third party, which redirects to another
    const target = new RecordingServer();
    callee.status = 307;
    callee.headers = { location: await listenLocally(target.server) };
    const app = fastify();
    app.get('/', async () => {
      expect(remainingMs()).toBeGreaterThan(0);
      const baggage = propagation.createBaggage({ tenant: { value: 'secret' } });
      const active = propagation.setBaggage(context.active(), baggage);
      const responses = await context.with(active, () => Promise.all([fetch(url), fetch(url)]));
      return responses.map(({ status }) => status);
    });
    const service = await app.listen({ host: '127.0.0.1', port: 0 });
    const traceId = '7'.repeat(32);
    // WHEN a request with everything there is arrives, and with as much baggage as fits into one
    const answer = await send(service, {
      headers: {
        traceparent: `00-${traceId}-${'8'.repeat(16)}-01`,
        tracestate: 'foo=1',
        'traced-parent': `00-${traceId}-${'9'.repeat(16)}-01`,
        'traced-deadline-ms': '60000',
        'x-cloud-trace-context': `${traceId}/1;o=1`,
        baggage: `tenant=${'x'.repeat(8_000)}`,
      },
    });
    await app.close();
    target.close();
    // THEN
    expect(answer.body).toBe('[200,200]');
    expect(target.requests.map(traceHeaders)).toEqual([[], []]);
    expect(callee.requests.map(traceHeaders)).toEqual([
      ['traceparent', 'tracestate', 'traced-parent'],
      ['traceparent', 'tracestate', 'traced-parent'],
    ]);
    const parents = callee.requests.map(({ headers }) => String(headers['traceparent']));
    for (const parent of parents) expect(parent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    expect(new Set(parents).size).toBe(2);
  });

  test('a path that begins with two slashes is a path, and not the address of a callee', async () => {
    const third = new RecordingServer();
    const origin = await listenLocally(third.server);
    await fetch(`${origin}//${new URL(url).host}/documents`);
    third.close();
    expect(third.requests.map(traceHeaders)).toEqual([[]]);
    expect((await onlySpan()).attributes['url.full']).toBe(`${origin}//${new URL(url).host}/documents`);
  });

  test('each hop of a redirect is a span', async () => {
    callee.status = 302;
    const target = new RecordingServer();
    callee.headers = { location: await listenLocally(target.server) };
    await fetch(url);
    target.close();
    expect((await traced.spans()).map(({ attributes }) => attributes['http.response.status_code'])).toEqual([
      302, 200,
    ]);
  });

  test.each([
    ['a timeout', new DOMException('late', 'TimeoutError'), 'timeout'],
    ['its caller that is gone', new CallerGoneError('the call'), 'aborted'],
    ['a deadline', new DeadlineExceededError('the call', 5), 'deadline_exceeded'],
  ])('a call that ends by %s says so', async (_case, reason, type) => {
    // GIVEN a server that reads a request and never answers
    const controller = new AbortController();
    const silent = createServer(() => controller.abort(reason));
    // WHEN the call is given up
    await expect(fetch(await listenLocally(silent), { signal: controller.signal })).rejects.toMatchObject({
      name: expect.stringMatching(/Error$/),
    });
    silent.close();
    silent.closeAllConnections();
    // THEN
    const span = await onlySpan();
    expect(span.status.code).toBe(SpanStatusCode.ERROR);
    expect(span.attributes['error.type']).toBe(type);
    expect(span.attributes['traced.deadline_exceeded']).toBe(type === 'deadline_exceeded' ? true : undefined);
  });

  test('a call that the application itself takes back is no failure', async () => {
    // GIVEN a server that reads a request and never answers
    const controller = new AbortController();
    const silent = createServer(() => controller.abort());
    // WHEN
    await expect(fetch(await listenLocally(silent), { signal: controller.signal })).rejects.toThrow(
      'aborted',
    );
    silent.close();
    silent.closeAllConnections();
    // THEN
    const span = await onlySpan();
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
    expect(span.attributes).not.toHaveProperty('error.type');
  });

  test('a refused connection has its code as the type', async () => {
    callee.close();
    await expect(fetch(url)).rejects.toThrow('fetch failed');
    const span = await onlySpan();
    expect(span.attributes['error.type']).toBe('ECONNREFUSED');
    expect(span.status).toMatchObject({
      code: SpanStatusCode.ERROR,
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('the time that is left of the deadline is on the span', async () => {
    const deadline = new Deadline('The request', 60_000);
    await context.with(setDeadline(context.active(), deadline), () => fetch(url));
    const left = Number((await onlySpan()).attributes['traced.deadline_ms']);
    expect(left).toBeGreaterThan(50_000);
    expect(left).toBeLessThanOrEqual(60_000);
  });

  test('calls of telemetry itself and of the metadata server are not traced', async () => {
    await context.with(core.suppressTracing(context.active()), () => fetch(url));
    process.env['GCE_METADATA_HOST'] = new URL(url).host;
    await fetch(url);
    delete process.env['GCE_METADATA_HOST'];
    expect(await traced.spans()).toEqual([]);
    expect(callee.requests.map(({ headers }) => headers['traceparent'])).toEqual([undefined, undefined]);
  });
});

describe('withClientSpan', () => {
  test('returns what the work returns and is the parent of what it does', async () => {
    const result = await withClientSpan('gcs.upload', { bucket: 'b' }, async (span) => {
      span.setAttribute('size', 3);
      await fetch(url);
      return 42;
    });
    expect(result).toBe(42);
    const [inner, outer] = await traced.spans();
    expect(outer).toMatchObject({
      name: 'gcs.upload',
      kind: SpanKind.CLIENT,
      attributes: { bucket: 'b', size: 3 },
    });
    expect(inner?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId);
  });

  test.each([
    [Object.assign(new Error('busy'), { code: 503 }), '503'],
    [Object.assign(new Error('reset'), { code: 'ECONNRESET' }), 'ECONNRESET'],
    [
      new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ENOTFOUND' }) }),
      'ENOTFOUND',
    ],
    [new DOMException('late', 'TimeoutError'), 'timeout'],
    [new DOMException('gone', 'AbortError'), 'aborted'],
    [new DeadlineExceededError('the upload', 5), 'deadline_exceeded'],
    [new RangeError('x'), 'RangeError'],
    [Object.assign(new Error('x'), { code: 7 }), 'Error'],
    ['a string', '_OTHER'],
  ])('passes on %s unchanged and records it as %s', async (thrown, type) => {
    await expect(withClientSpan('op', {}, () => Promise.reject(thrown))).rejects.toBe(thrown);
    const span = await onlySpan();
    expect(span.status.code).toBe(SpanStatusCode.ERROR);
    expect(span.attributes['error.type']).toBe(type);
  });
});
