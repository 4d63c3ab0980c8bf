import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { tracing } from '@opentelemetry/sdk-node';
import { fastify, type FastifyInstance } from 'fastify';
import { Gate } from './gate';
import { asStranger, send } from './http';
import { traceThisProcess, type TracedProcess } from './traced-process';

const activeTraceId = (): string => trace.getActiveSpan()?.spanContext().traceId ?? 'none';

function traceparent(index: number): { traceId: string; headers: { traceparent: string } } {
  const traceId = `${'a'.repeat(24)}${index.toString(16).padStart(8, '0')}`;
  return { traceId, headers: { traceparent: `00-${traceId}-${'b'.repeat(16)}-01` } };
}

let traced: TracedProcess;
let app: FastifyInstance;

beforeEach(() => {
  traced = traceThisProcess();
  app = fastify();
});

afterEach(async () => {
  await app.close();
  await traced.stop();
});

const listen = (): Promise<string> => app.listen({ host: '127.0.0.1', port: 0 });

async function onlySpan(): Promise<tracing.ReadableSpan> {
  const [span, ...others] = await traced.spans();
  if (!span || others.length > 0) throw new Error(`${others.length + (span ? 1 : 0)} spans instead of one`);
  return span;
}

describe('server spans', () => {
  test('an answered request is a span named by method and route, with the HTTP conventions', async () => {
    app.get('/documents/:id', () => 'ok');
    const url = await listen();
    await send(`${url}/documents/7?key=secret`, {
      headers: { 'user-agent': 'u'.repeat(1_000), 'x-forwarded-proto': 'https' },
    });
    const span = await onlySpan();
    expect(span.name).toBe('GET /documents/:id');
    expect(span.kind).toBe(SpanKind.SERVER);
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
    expect(span.attributes).toEqual({
      'http.request.method': 'GET',
      'http.route': '/documents/:id',
      'http.response.status_code': 200,
      'url.path': '/documents/7',
      'url.scheme': 'https',
      'server.address': '127.0.0.1',
      'network.peer.address': '127.0.0.1',
      'network.protocol.version': '1.1',
      'user_agent.original': 'u'.repeat(256),
    });
  });

  test('paths that are no route share one name', async () => {
    const url = await listen();
    await send(`${url}/wp-admin/1`);
    const span = await onlySpan();
    expect(span.name).toBe('GET');
    expect(span.attributes).toMatchObject({ 'http.response.status_code': 404, 'url.path': '/wp-admin/1' });
    expect(span.attributes).not.toHaveProperty('http.route');
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
  });

  test('a route with telemetry: false gets no span', async () => {
    app.get('/health', { config: { telemetry: false } }, () => activeTraceId());
    const url = await listen();
    expect((await send(`${url}/health`)).body).toBe('none');
    expect(await traced.spans()).toEqual([]);
  });

  test('a thrown error makes the span an error and is recorded, even behind an error handler', async () => {
    class QuotaError extends Error {
      readonly code = 'QUOTA';
    }
    app.setErrorHandler((_error, _request, reply) => reply.code(503).send({ code: 'busy' }));
    app.get('/', () => {
      throw new QuotaError('full');
    });
    await send(await listen());
    const span = await onlySpan();
    expect(span.status.code).toBe(SpanStatusCode.ERROR);
    expect(span.attributes).toMatchObject({ 'http.response.status_code': 503, 'error.type': 'QUOTA' });
    expect(span.events).toMatchObject([{ name: 'exception', attributes: { 'exception.message': 'full' } }]);
  });

  test('a 5xx without an error has the status as its type', async () => {
    app.get('/', (_request, reply) => reply.code(502).send(''));
    await send(await listen());
    const span = await onlySpan();
    expect(span.status.code).toBe(SpanStatusCode.ERROR);
    expect(span.attributes['error.type']).toBe('502');
    expect(span.events).toEqual([]);
  });

  test("a 4xx is the caller's mistake, not an error of the span", async () => {
    app.get('/', () => {
      throw Object.assign(new Error('no'), { statusCode: 422 });
    });
    await send(await listen());
    const span = await onlySpan();
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
    expect(span.attributes).not.toHaveProperty('error.type');
    expect(span.events).toEqual([]);
  });

  test('a request that its caller gave up is aborted, not 200', async () => {
    // GIVEN a handler that has begun its work
    const begun = new Gate();
    const closed = new Gate();
    app.get('/', (_request, reply) => {
      reply.raw.once('close', closed.open);
      begun.open();
      return closed.opened;
    });
    const url = await listen();
    const caller = asStranger(() => httpRequest(url));
    caller.on('error', () => {});
    caller.end();
    await begun.opened;
    // WHEN the caller goes away
    caller.destroy();
    await closed.opened;
    // THEN
    const span = await onlySpan();
    expect(span.status.code).toBe(SpanStatusCode.ERROR);
    expect(span.attributes['error.type']).toBe('aborted');
    expect(span.attributes).not.toHaveProperty('http.response.status_code');
  });

  test('a response that is cut off while it is sent is aborted, although the application was done with it', async () => {
    // GIVEN a caller that reads nothing of a response larger than what the connection holds
    const ended = new Gate();
    const closed = new Gate();
    app.get('/', (_request, reply) => {
      reply.hijack();
      reply.raw.once('close', closed.open);
      reply.raw.end(Buffer.alloc(20_000_000));
      ended.open();
    });
    const { port } = new URL(await listen());
    const caller = asStranger(() => connect(Number(port), '127.0.0.1'));
    caller.pause();
    caller.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await ended.opened;
    // WHEN it resets the connection
    caller.resetAndDestroy();
    await closed.opened;
    // THEN
    const span = await onlySpan();
    expect(span.status.code).toBe(SpanStatusCode.ERROR);
    expect(span.attributes['error.type']).toBe('aborted');
  });

  test('the target of a request may be a whole URL, of which only the path is told', async () => {
    app.get('/p', () => 'ok');
    const { port } = new URL(await listen());
    const socket = connect(Number(port), '127.0.0.1');
    socket.end(
      'GET http://user:secret@example.com/p?key=secret HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
    );
    await once(socket.resume(), 'end');
    expect((await onlySpan()).attributes['url.path']).toBe('/p');
  });

  test('a span lasts until its response has been sent, streams included', async () => {
    // GIVEN a response whose second half waits for us
    const stream = new Readable({ read: () => {} });
    app.get('/', () => stream);
    const url = await listen();
    const caller = asStranger(() => httpRequest(url));
    caller.end();
    stream.push('first');
    const [response] = await once(caller, 'response');
    // WHEN the first half has arrived, THEN the span is not there yet
    await once(response, 'data');
    expect(await traced.spans()).toEqual([]);
    // WHEN the rest is sent
    stream.push(null);
    await once(response.resume(), 'end');
    // THEN the span has ended
    expect((await onlySpan()).attributes['http.response.status_code']).toBe(200);
  });

  test('two Fastify instances of one process are both traced', async () => {
    const other = fastify();
    app.get('/a', () => 'a');
    other.get('/b', () => 'b');
    await send(`${await listen()}/a`);
    await send(`${await other.listen({ host: '127.0.0.1', port: 0 })}/b`);
    await other.close();
    expect((await traced.spans()).map(({ name }) => name)).toEqual(['GET /a', 'GET /b']);
  });
});

describe('the active span', () => {
  test('is the same in every hook, the parser, the handler and the error handler', async () => {
    const seen: Record<string, string> = {};
    const note = (where: string): void => {
      seen[where] = activeTraceId();
    };
    app.addHook('onRequest', async () => note('onRequest'));
    app.addHook('preParsing', async () => note('preParsing'));
    app.addHook('preValidation', async () => note('preValidation'));
    app.addHook('preHandler', async () => note('preHandler'));
    app.addHook('onSend', async () => note('onSend'));
    app.addHook('onError', async () => note('onError'));
    app.addContentTypeParser('text/x', (_request, payload, done) => {
      payload.on('data', () => note('parser data'));
      payload.on('end', () => done(null, {}));
    });
    app.setErrorHandler((_error, _request, reply) => {
      note('errorHandler');
      return reply.code(500).send('');
    });
    app.post('/', async () => {
      await new Promise(setImmediate);
      note('handler');
      throw new Error('x');
    });
    const { traceId, headers } = traceparent(1);
    await send(await listen(), {
      method: 'POST',
      headers: { ...headers, 'content-type': 'text/x' },
      body: 'b',
    });
    expect(Object.keys(seen)).toHaveLength(9);
    expect(new Set(Object.values(seen))).toEqual(new Set([traceId]));
  });

  test.each([
    ['is malformed', '{"a":', 'application/json', 400],
    ['is too large', 'x'.repeat(2_000), 'text/plain', 413],
    ['has an unknown type', 'x', 'image/png', 415],
  ])('is there for the error handler when the body %s', async (_case, body, contentType, status) => {
    const limited = fastify({ bodyLimit: 1_000 });
    limited.setErrorHandler((error: { statusCode?: number }, _request, reply) =>
      reply.code(error.statusCode ?? 500).send(activeTraceId()),
    );
    limited.post('/', () => '');
    const url = await limited.listen({ host: '127.0.0.1', port: 0 });
    const { traceId, headers } = traceparent(2);
    // A body in chunks is refused only after it has begun to arrive.
    const chunked = { ...headers, 'content-type': contentType, 'transfer-encoding': 'chunked' };
    const answer = await send(url, { method: 'POST', headers: chunked, body });
    await limited.close();
    expect(answer).toMatchObject({ status, body: traceId });
  });

  test('of 80 requests at once is never that of another, over reused connections', async () => {
    // GIVEN handlers that all wait until all have arrived, and go on in different ways
    const concurrency = 80;
    let waiting: (() => void)[] = [];
    const gate = (): Promise<void> =>
      new Promise((resolve) => {
        waiting.push(resolve);
        if (waiting.length < concurrency) return;
        for (const open of waiting) setImmediate(open);
        waiting = [];
      });
    app.post<{ Body: { index: number } }>('/', async (request) => {
      const seen = [activeTraceId()];
      await gate();
      seen.push(activeTraceId());
      await (request.body.index % 2 === 0 ? new Promise(setImmediate) : Promise.resolve());
      seen.push(activeTraceId());
      return seen;
    });
    const url = await listen();
    const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
    // WHEN five rounds of 80 are sent
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(
        Array.from({ length: concurrency }, async (_, index) => {
          const { traceId, headers } = traceparent(round * concurrency + index);
          const json = { ...headers, 'content-type': 'application/json' };
          const { body } = await send(url, {
            method: 'POST',
            headers: json,
            body: JSON.stringify({ index }),
            agent,
          });
          const seen: unknown = JSON.parse(body);
          return { traceId, seen };
        }),
      );
      // THEN each saw its own trace, all the time
      for (const { traceId, seen } of answers) expect(seen).toEqual([traceId, traceId, traceId]);
    }
    agent.destroy();
    const ids = (await traced.spans()).map((span) => span.spanContext().traceId);
    expect(new Set(ids).size).toBe(5 * concurrency);
  });
});
