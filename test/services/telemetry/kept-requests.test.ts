import { createServer, request, type Server } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SpanStatusCode, trace } from '@opentelemetry/api';
import type { tracing } from '@opentelemetry/sdk-node';
import { fastify, type FastifyInstance } from 'fastify';
import { createServiceClient, registerHealth, withClientSpan } from '../../../services/telemetry';
import { AnyToken } from '../gateway/pipeline';
import { Gate } from './gate';
import { asStranger, foreign, listenLocally, RecordingServer, send } from './http';
import { traceThisProcess, type TracedProcess } from './traced-process';

const T = 'a'.repeat(32);
const P = 'b'.repeat(16);

/** What a caller of this system sends: its own context, and the decision of the edge. */
const fromCaller = (flag: '00' | '01'): Record<string, string> => ({
  traceparent: `00-${T}-${P}-00`,
  'traced-parent': `00-${T}-${P}-${flag}`,
});

let traced: TracedProcess;
let app: FastifyInstance;
let url: string;
let silent: Server;
const closed = new Gate();

const inSpan = (name: string, work: () => void): void =>
  trace.getTracer('test').startActiveSpan(name, (span) => {
    try {
      work();
    } finally {
      span.end();
    }
  });

const failing = (): Promise<never> => Promise.reject(new Error('handled'));

beforeAll(async () => {
  traced = traceThisProcess({
    OTEL_TRACES_SAMPLER_ARG: '0',
    TRACED_TRUST_CALLER: 'true',
    TRACED_KEEP_SLOWER_THAN_MS: '3600000',
  });
  silent = foreign(createServer(() => {}));
  const silentUrl = await listenLocally(silent);
  const callee = createServiceClient({ url: silentUrl, deadlineMs: 30 }, { auth: new AnyToken() });

  app = fastify();
  registerHealth(app);
  app.get('/good', () => {
    inSpan('work', () => {});
    return 'good';
  });
  app.get('/retried', async () => {
    await withClientSpan('attempt 1', {}, failing).catch(() => {});
    return withClientSpan('attempt 2', {}, () => Promise.resolve('good'));
  });
  app.get('/throws', () => {
    inSpan('work', () => {});
    throw new Error('broken');
  });
  app.get('/fails-inside', () => {
    inSpan('work', () => {});
    inSpan('failed', () => trace.getActiveSpan()?.setStatus({ code: SpanStatusCode.ERROR }));
    return 'good';
  });
  app.get('/deadline', async (_request, reply) => {
    await callee.fetch('/').catch(() => {});
    return reply.code(504).send();
  });
  app.get('/deadline-handled', async () => {
    await callee.fetch('/').catch(() => {});
    return 'without';
  });
  app.get('/abandoned', async (_request, reply) => {
    inSpan('work', () => {});
    reply.raw.once('close', () => setImmediate(closed.open));
    reply.raw.write('begun');
    await closed.opened;
    inSpan('afterwards', () => {});
  });
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});

afterAll(async () => {
  await app.close();
  silent.close();
  silent.closeAllConnections();
  await traced.stop();
});

/** Names of the spans that are exported for one request, at least so many, in alphabetical order. */
async function exported(work: () => Promise<unknown>, atLeast: number): Promise<string[]> {
  const before = (await traced.spans()).length;
  await work();
  let spans: tracing.ReadableSpan[] = [];
  // A call that was given up says so only after the answer.
  do {
    await nextTurn();
    spans = (await traced.spans()).slice(before);
  } while (spans.length < atLeast);
  return spans.map(({ name }) => name).toSorted();
}

const abandon = (): Promise<void> =>
  new Promise((resolve, reject) => {
    const outgoing = request(`${url}/abandoned`, (response) => {
      response.once('data', () => outgoing.destroy());
      response.on('error', () => {});
      closed.opened.then(() => setImmediate(resolve)).catch(reject);
    });
    outgoing.on('error', () => {});
    outgoing.end();
  });

describe('at a ratio of 0, a request is exported with all its spans', () => {
  test.each([
    ['it was answered with 500', '/throws', ['GET /throws', 'work']],
    ['something inside failed', '/fails-inside', ['GET /fails-inside', 'failed', 'work']],
    ['a callee did not keep its deadline', '/deadline', ['GET', 'GET /deadline']],
    ['a deadline passed that it could do without', '/deadline-handled', ['GET', 'GET /deadline-handled']],
  ])('when %s', async (_case, path, names) => {
    expect(await exported(() => send(`${url}${path}`), names.length)).toEqual(names);
  });

  test('when the caller hung up, also with what ends later', async () => {
    expect(await exported(() => asStranger(abandon), 3)).toEqual(['GET /abandoned', 'afterwards', 'work']);
  });

  test('when it failed below a caller that does not keep the trace, as a child of its span', async () => {
    const names = await exported(() => send(`${url}/throws`, { headers: fromCaller('00') }), 2);
    expect(names).toEqual(['GET /throws', 'work']);
    const spans = (await traced.spans()).filter((span) => span.spanContext().traceId === T);
    const root = spans.find(({ name }) => name === 'GET /throws');
    expect(root?.parentSpanContext?.spanId).toBe(P);
    for (const span of spans) expect(span.spanContext()).toMatchObject({ traceFlags: 1 });
    for (const span of spans) expect(span.spanContext().traceState?.get('ot')).toBeUndefined();
  });

  test('when its caller keeps the trace, whatever becomes of it', async () => {
    const names = await exported(() => send(`${url}/good`, { headers: fromCaller('01') }), 2);
    expect(names).toEqual(['GET /good', 'work']);
  });
});

describe('at a ratio of 0, nothing is exported', () => {
  test.each([
    ['of a request that was answered well', '/good'],
    ['of a request with an attempt that failed and one that did not', '/retried'],
    ['of a request for what is not there', '/nowhere'],
    ['of a probe', '/health'],
  ])('%s', async (_case, path) => {
    expect(await exported(() => send(`${url}${path}`), 0)).toEqual([]);
  });

  test('of a good request below a caller that does not keep the trace', async () => {
    const headers = { ...fromCaller('00'), tracestate: 'ot=th:8' };
    expect(await exported(() => send(`${url}/good`, { headers }), 0)).toEqual([]);
  });
});

test('services behind are told that the ratio does not keep the trace, also when it has failed already', async () => {
  const callee = new RecordingServer();
  const client = createServiceClient(
    { url: await listenLocally(callee.server), deadlineMs: 10_000 },
    { auth: new AnyToken() },
  );
  const tracer = trace.getTracer('test');
  await tracer.startActiveSpan('root', async (root) => {
    tracer.startSpan('failed').setStatus({ code: SpanStatusCode.ERROR }).end();
    await client.fetch('/');
    root.end();
  });
  callee.close();
  expect(callee.last.headers['traced-parent']).toMatch(/-0[02]$/);
  expect(callee.last.headers['tracestate']).toBeUndefined();
});
