import http, { Agent, createServer, type IncomingHttpHeaders } from 'node:http';
import { context, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { tracing } from '@opentelemetry/sdk-node';
import { withoutSpans } from '../../../services/telemetry/client-span';
import { Deadline, setDeadline } from '../../../services/telemetry/deadline';
import { foreign, listenLocally, RecordingServer, sendTraced } from './http';
import { traceThisProcess, type TracedProcess } from './traced-process';

let traced: TracedProcess;
let callee: RecordingServer;
let url: string;

beforeEach(async () => {
  callee = new RecordingServer();
  url = await listenLocally(callee.server);
  traced = traceThisProcess({ CALLEE_URL: url, CALLEE_DEADLINE_MS: '1000' });
});

afterEach(async () => {
  callee.close();
  await traced.stop();
});

async function onlySpan(): Promise<tracing.ReadableSpan> {
  const [span, ...others] = await traced.spans();
  expect(others).toEqual([]);
  if (!span) throw new Error('no span');
  return span;
}

const traceHeaders = (headers: IncomingHttpHeaders): string[] =>
  Object.keys(headers).filter((name) => /trace|baggage/.test(name));

describe('client spans of node:http', () => {
  test('a call is a client span whose context travels to a callee', async () => {
    await sendTraced(`${url}/path?key=secret`, { method: 'POST', body: 'x' });
    const span = await onlySpan();
    const { traceId, spanId } = span.spanContext();
    expect(span.name).toBe('POST');
    expect(span.kind).toBe(SpanKind.CLIENT);
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
    expect(span.attributes).toEqual({
      'http.request.method': 'POST',
      'url.full': `${url}/path?key=REDACTED`,
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(url).port),
      'http.response.status_code': 200,
    });
    expect(callee.last.headers['traceparent']).toBe(`00-${traceId}-${spanId}-03`);
  });

  test('the shorthand for GET is traced, and sends its request by itself', async () => {
    await new Promise((resolve) => http.get(url, (response) => response.resume().on('end', resolve)));
    expect((await onlySpan()).name).toBe('GET');
  });

  test('third parties learn nothing of the trace', async () => {
    const third = new RecordingServer();
    await sendTraced(await listenLocally(third.server));
    third.close();
    expect(traceHeaders(third.last.headers)).toEqual([]);
    expect((await onlySpan()).attributes['http.response.status_code']).toBe(200);
  });

  test('a path that begins with two slashes is a path, and not the address of a callee', async () => {
    const third = new RecordingServer();
    const origin = await listenLocally(third.server);
    await sendTraced(`${origin}//${new URL(url).host}/documents`);
    third.close();
    expect(traceHeaders(third.last.headers)).toEqual([]);
    expect((await onlySpan()).attributes['url.full']).toBe(`${origin}//${new URL(url).host}/documents`);
  });

  test('a trace that the application continues itself stays alone', async () => {
    const own = `00-${'7'.repeat(32)}-${'8'.repeat(16)}-01`;
    await sendTraced(url, { headers: { Traceparent: own } });
    expect(callee.last.headers['traceparent']).toBe(own);
    expect(traceHeaders(callee.last.headers)).toEqual(['traceparent']);
  });

  test('headers that are given as a list go as they are', async () => {
    await new Promise<void>((resolve, reject) => {
      const headers = ['host', new URL(url).host, 'x-own', 'kept'];
      const outgoing = http.request(url, { headers }, (response) => response.resume().on('end', resolve));
      outgoing.on('error', reject).end();
    });
    expect(callee.last.headers['x-own']).toBe('kept');
    expect((await onlySpan()).attributes['http.response.status_code']).toBe(200);
  });

  test.each([404, 503])('an answer of %d is its error', async (status) => {
    callee.status = status;
    await sendTraced(url);
    const span = await onlySpan();
    expect(span.status.code).toBe(SpanStatusCode.ERROR);
    expect(span.attributes['error.type']).toBe(String(status));
  });

  test('a refused connection is told by its code', async () => {
    callee.close();
    await expect(sendTraced(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect((await onlySpan()).attributes['error.type']).toBe('ECONNREFUSED');
  });

  test.each([
    ['the application itself', undefined, 60_000],
    ['a caller that is gone', 'aborted', 60_000],
    ['the deadline', 'deadline_exceeded', 1],
  ])('what %s gave up is %s', async (who, type, ms) => {
    // GIVEN a server that never answers
    const silent = foreign(createServer((request) => request.socket.emit('silent')));
    const arrived = new Promise<void>((resolve) => silent.on('request', () => resolve()));
    const silentUrl = await listenLocally(silent);
    const deadline = new Deadline('The test', ms);
    // WHEN
    await context.with(setDeadline(context.active(), deadline), async () => {
      const outgoing = http.request(silentUrl);
      const failed = new Promise((resolve) => outgoing.on('error', resolve));
      outgoing.end();
      await arrived;
      if (who === 'a caller that is gone') deadline.abandon();
      if (ms === 1) await new Promise((resolve) => deadline.signal.addEventListener('abort', resolve));
      outgoing.destroy(new DOMException('given up', 'AbortError'));
      await failed;
    });
    silent.close();
    silent.closeAllConnections();
    // THEN
    expect((await onlySpan()).attributes['error.type']).toBe(type);
  });

  test('a request that is dropped without an error ends its span as well', async () => {
    const outgoing = http.request(url);
    const closed = new Promise((resolve) => outgoing.on('close', resolve));
    outgoing.on('error', () => {}).destroy();
    await closed;
    expect((await onlySpan()).attributes['error.type']).toBe('ECONNRESET');
  });

  test('a body that nobody reads does not keep the span open', async () => {
    callee.body = 'x'.repeat(1_000_000);
    const agent = new Agent();
    await new Promise((resolve) => http.get(url, { agent }, resolve));
    expect((await onlySpan()).attributes['http.response.status_code']).toBe(200);
    agent.destroy();
  });

  test('a response without a listener is read away, as Node.js does', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const outgoing = http.request(url, { agent });
    outgoing.end();
    await new Promise((resolve) => outgoing.on('close', resolve));
    await sendTraced(url, { agent });
    agent.destroy();
    expect(callee.requests).toHaveLength(2);
  });

  test('requests inside an operation that stands for them have no spans', async () => {
    await withoutSpans(() => sendTraced(url));
    expect(await traced.spans()).toEqual([]);
    expect(traceHeaders(callee.last.headers)).toEqual([]);
  });

  test('after telemetry has stopped, requests are as they were', async () => {
    const { request, get } = http;
    await traced.stop();
    expect(http.request).not.toBe(request);
    expect(http.get).not.toBe(get);
    await sendTraced(url);
    expect(traceHeaders(callee.last.headers)).toEqual([]);
  });
});
