import { spawnSync } from 'node:child_process';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { fastify } from 'fastify';
import type { HttpRequest } from '../../../services/telemetry/access-log';
import type { Logs } from '../../../services/telemetry/log';
import { LocalTrace } from '../../../services/telemetry/local-trace';
import { CapturedLog } from './captured-log';
import { send } from './http';
import { traceThisProcess, type TracedProcess } from './traced-process';

const SPAN = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 };

let lines: string[];
let log: Logs['log'];
let accessLog: Logs['accessLog'];
let captured: CapturedLog;
let traced: TracedProcess;

beforeEach(() => {
  traced = traceThisProcess();
  captured = new CapturedLog();
  ({ lines, log, accessLog } = captured);
});
afterEach(() => traced.stop());

const endOfTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The status of each access line of a text, or another line's message. */
const statusesIn = (text: string): unknown[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .map(({ httpRequest, message }) => httpRequest?.status ?? message);

const inSpan = <T>(spanContext: typeof SPAN, work: () => T): T =>
  context.with(trace.setSpanContext(ROOT_CONTEXT, spanContext), work);

describe('the shape of a line', () => {
  test.each([
    ['debug', 'DEBUG'],
    ['info', 'INFO'],
    ['warn', 'WARNING'],
    ['error', 'ERROR'],
    ['fatal', 'CRITICAL'],
  ] as const)('%s is severity %s', (level, severity) => {
    log.level = 'trace';
    log[level]('hello');
    expect(captured.onlyRecord).toMatchObject({ severity, message: 'hello' });
  });

  test('it has nothing but severity, time, fields and message', () => {
    log.info({ documentId: 'd', nested: { n: [1, null] } }, 'stored');
    const { timestamp, ...rest } = captured.onlyRecord;
    expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(rest).toEqual({ severity: 'INFO', message: 'stored', documentId: 'd', nested: { n: [1, null] } });
  });

  test.each([
    [1, true],
    [0, false],
  ])('it is linked to the active span, whose flags are %d', (traceFlags, sampled) => {
    inSpan({ ...SPAN, traceFlags }, () => log.info('x'));
    expect(captured.onlyRecord).toMatchObject({
      'logging.googleapis.com/trace': `projects/p-1/traces/${SPAN.traceId}`,
      'logging.googleapis.com/spanId': SPAN.spanId,
      'logging.googleapis.com/trace_sampled': sampled,
    });
  });

  test.each([
    ['keep', true],
    ['drop', false],
  ] as const)('it says whether a trace of another ratio is kept once that is known: %s', (decision, kept) => {
    const span = { ...SPAN, traceFlags: 0 };
    LocalTrace.join(span, undefined);
    inSpan(span, () => log.info('before'));
    LocalTrace.of(span)?.decide(decision);
    inSpan(span, () => log.info('after'));
    expect(captured.records.map((record) => record['logging.googleapis.com/trace_sampled'])).toEqual([
      false,
      kept,
    ]);
  });

  test('it names no trace for an invalid span, and no project when none is known', () => {
    inSpan({ ...SPAN, spanId: '0'.repeat(16) }, () => log.info('x'));
    expect(Object.keys(captured.onlyRecord)).toEqual(['severity', 'timestamp', 'message']);
    const bare = new CapturedLog({});
    inSpan(SPAN, () => bare.log.info('x'));
    expect(bare.onlyRecord['logging.googleapis.com/trace']).toBe(SPAN.traceId);
  });

  test('nobody can pose as the access log', () => {
    log.info({ httpRequest: { status: 1 } }, 'GET / 200');
    expect(captured.onlyRecord).toMatchObject({ _httpRequest: { status: 1 } });
    expect(captured.onlyRecord).not.toHaveProperty('httpRequest');
  });
});

const REQUEST = {
  requestMethod: 'GET',
  requestUrl: '/a"b\n\ud800',
  requestSize: undefined,
  responseSize: '12',
  userAgent: 'curl/8',
  remoteIp: '127.0.0.1',
  protocol: 'HTTP/1.1',
  latency: '0.012s',
};

const writeAccess = (status: number): void => accessLog.write({ ...REQUEST, status }, SPAN);

const told = async (...requests: readonly HttpRequest[]): Promise<unknown[]> => {
  for (const request of requests) accessLog.write(request, SPAN);
  await endOfTurn();
  const records = lines.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line));
  return records.map(({ severity, httpRequest }) => ({ severity, httpRequest }));
};

describe('access lines', () => {
  test.each([
    [200, 'INFO'],
    [302, 'INFO'],
    [404, 'WARNING'],
    [499, 'WARNING'],
    [500, 'ERROR'],
  ])('status %d is severity %s, in the shape of the logger', async (status, severity) => {
    writeAccess(status);
    await endOfTurn();
    const { timestamp, ...rest } = captured.onlyRecord;
    expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const { requestSize, ...httpRequest } = REQUEST;
    expect(requestSize).toBeUndefined();
    expect(rest).toEqual({
      severity,
      httpRequest: { ...httpRequest, status },
      'logging.googleapis.com/trace': `projects/p-1/traces/${SPAN.traceId}`,
      'logging.googleapis.com/spanId': SPAN.spanId,
      'logging.googleapis.com/trace_sampled': true,
      message: `GET /a"b\n\ud800 ${status}`,
    });
  });

  const PLAIN = { ...REQUEST, requestUrl: '/a', requestSize: '7', status: 200 };
  const OPTIONAL = ['requestSize', 'responseSize', 'userAgent', 'remoteIp'] as const;
  const TEXTS = ['requestMethod', 'requestUrl', ...OPTIONAL, 'protocol'] as const;

  test.each(OPTIONAL)('%s is left out where it is unknown', async (member) => {
    const { [member]: _, ...known } = PLAIN;
    expect(await told(PLAIN, { ...PLAIN, [member]: undefined })).toStrictEqual([
      { severity: 'INFO', httpRequest: PLAIN },
      { severity: 'INFO', httpRequest: known },
    ]);
  });

  test.each(TEXTS)('%s forges nothing', async (member) => {
    const httpRequest = { ...PLAIN, [member]: '1","status":500,"x":"' };
    expect(await told(httpRequest)).toStrictEqual([{ severity: 'INFO', httpRequest }]);
  });

  test('they obey the level of the logger', async () => {
    log.level = 'error';
    writeAccess(404);
    await endOfTurn();
    expect(lines).toEqual([]);
    writeAccess(500);
    expect(lines).toHaveLength(1);
  });

  test('those of one turn of the event loop are written at once, at its end', async () => {
    writeAccess(200);
    writeAccess(204);
    expect(lines).toEqual([]);
    await endOfTurn();
    expect(lines.map(statusesIn)).toEqual([[200, 204]]);
  });

  test('any other line is written now, behind those that wait', async () => {
    writeAccess(200);
    log.info('the last words');
    expect(lines.flatMap(statusesIn)).toEqual([200, 'the last words']);
    writeAccess(201);
    writeAccess(500);
    expect(lines.flatMap(statusesIn).slice(2)).toEqual([201, 500]);
    await endOfTurn();
    expect(lines.flatMap(statusesIn)).toHaveLength(4);
  });

  test('they do not wait for more than a pipe takes', () => {
    while (lines.length === 0) writeAccess(200);
    expect(lines[0]?.length).toBeGreaterThan(65_536);
    expect(lines[0]?.length).toBeLessThan(66_536);
  });

  test('an exit does not lose those of its turn', () => {
    const script = `
      require('tsx/cjs');
      const { accessLog } = require('./services/telemetry/log');
      accessLog.write(${JSON.stringify({ ...REQUEST, status: 200 })}, ${JSON.stringify(SPAN)});
      process.exit();`;
    const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    expect(statusesIn(stdout)).toEqual([200]);
  });
});

describe('hostile values', () => {
  test.each([
    ['BigInt', { v: 12345678901234567890n }, '12345678901234567890'],
    ['NaN', { v: Number.NaN }, 'NaN'],
    ['Infinity', { v: -Infinity }, '-Infinity'],
    ['a symbol', { v: Symbol('s') }, 'Symbol(s)'],
    ['a function', { v: () => 1 }, '[Function]'],
    ['a date', { v: new Date(0) }, '1970-01-01T00:00:00.000Z'],
    ['an invalid date', { v: new Date(Number.NaN) }, null],
    ['a buffer', { v: Buffer.from('abc') }, '[3 bytes]'],
    ['a map', { v: new Map([['k', 1n]]) }, { k: '1' }],
    ['a set', { v: new Set([1, 2]) }, [1, 2]],
    ['a URL', { v: new URL('http://a/') }, 'http://a/'],
    ['undefined in a list', { v: [undefined] }, [null]],
    [
      'a throwing getter',
      {
        v: {
          get x(): never {
            throw new Error('no');
          },
          y: 1,
        },
      },
      { x: '[Unreadable]', y: 1 },
    ],
    [
      'a throwing toJSON',
      {
        v: {
          toJSON(): never {
            throw new Error('no');
          },
        },
      },
      '[Unreadable]',
    ],
    ['a lone surrogate', { v: '\ud800' }, '\ud800'],
    [
      'great depth',
      { v: { a: { a: { a: { a: { a: { a: 1 } } } } } } },
      { a: { a: { a: { a: { a: '[Object]' } } } } },
    ],
  ])('%s does not stop the line', (_case, fields, expected) => {
    log.info(fields, 'm');
    expect(captured.onlyRecord).toMatchObject({ message: 'm', v: expected });
  });

  test('a circular object is cut where it closes, and only there', () => {
    const shared = { n: 1 };
    const loop: Record<string, unknown> = { a: shared, b: shared };
    loop['self'] = loop;
    log.info({ loop }, 'm');
    expect(captured.onlyRecord['loop']).toEqual({ a: { n: 1 }, b: { n: 1 }, self: '[Circular]' });
  });

  test('5 MB of text and an endless list make a line far below 256 kB', () => {
    log.info(
      { text: 'x'.repeat(5_000_000), list: Array.from({ length: 100_000 }, () => 'y'.repeat(100)) },
      'm',
    );
    expect(lines[0]?.length).toBeLessThan(64_000);
    expect(captured.onlyRecord).toHaveProperty('message', 'm');
  });

  test.each([
    [
      'a proxy',
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('no');
          },
        },
      ),
    ],
    [
      'an error without a readable message',
      Object.defineProperty(new Error('x'), 'message', {
        get: () => {
          throw new Error('no');
        },
      }),
    ],
  ])('%s is a line all the same', (_case, value) => {
    log.error(value, 'm');
    expect(captured.onlyRecord).toMatchObject({ severity: 'ERROR' });
  });

  test('data cannot pose as a severity, a trace, a time or a report', () => {
    inSpan(SPAN, () =>
      log.info(
        JSON.parse(`{"severity":"EMERGENCY","message":"forged","timestamp":"x","stack_trace":"x","@type":"x",
          "logging.googleapis.com/trace":"x","logging.googleapis.com/labels":{"a":"b"},"__proto__":{"x":1}}`),
        'real',
      ),
    );
    const record = captured.onlyRecord;
    expect(record).toMatchObject({
      severity: 'INFO',
      message: 'real',
      _severity: 'EMERGENCY',
      _message: 'forged',
      'logging.googleapis.com/trace': `projects/p-1/traces/${SPAN.traceId}`,
    });
    for (const key of ['stack_trace', '@type', 'logging.googleapis.com/labels'])
      expect(record).not.toHaveProperty([key]);
  });

  test.each(['a\nb', 'a\r\nb', 'a\u2028b', '\u0000', '"}\n{"severity":"ERROR"}'])(
    'the message %j stays one line',
    (message) => {
      log.info(message);
      expect(captured.onlyRecord).toMatchObject({ severity: 'INFO', message });
    },
  );

  test.each([[undefined], [null], [42], [{ a: 1 }]])('%p is accepted as a message', (message) => {
    Reflect.apply(log.info, log, [message]);
    expect(captured.onlyRecord).toMatchObject({ severity: 'INFO' });
  });
});

test('it serves as the logger of Fastify, which logs no headers and no body with it', async () => {
  const app = fastify({ loggerInstance: log });
  app.post('/', () => {
    throw new Error('broken');
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const headers = { authorization: 'secret-1', 'content-type': 'application/json' };
  await send(`${url}/?key=secret-2`, { method: 'POST', headers, body: '{"password":"secret-3"}' });
  await app.close();
  expect(lines.join('')).not.toContain('secret');
  expect(captured.records).toContainEqual(
    expect.objectContaining({ severity: 'ERROR', message: 'broken', req: { method: 'POST', url: '/' } }),
  );
});
