import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import { CloudTraceServer } from '../../../local/trace/cloud-trace-server';
import { otlpHttpHandler } from '../../../local/trace/otlp-http';
import type { Span } from '../../../local/trace/span';
import { TraceStore } from '../../../local/trace/trace-store';
import { createCertificate, listen, PROJECT, sendSpans, startMetadata, type TestCertificate } from './sender';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const WRITER = `gateway@${PROJECT}.iam.gserviceaccount.com`;
const access = {
  authenticate: (token: string) => (token === 'good' ? WRITER : token === 'reader' ? 'reader@x' : undefined),
  mayWrite: (email: string, projectId: string) => email === WRITER && projectId === PROJECT,
};

// A sender loads a whole SDK; on a busy machine that takes its time.
jest.setTimeout(90_000);

const cleanUp: (() => Promise<void>)[] = [];
let certificate: TestCertificate;

beforeAll(async () => {
  certificate = await createCertificate();
});
afterEach(async () => {
  for (const dispose of cleanUp.splice(0).toReversed()) await dispose();
});
afterAll(() => certificate.dispose());

/** The two spans of send-spans.ts. */
const SENT: readonly Span[] = [
  {
    traceId: TRACE_ID,
    spanId: '53995c3f42cd8ad8',
    parentSpanId: '00f067aa0ba902b7',
    name: 'POST processor',
    service: 'gateway',
    kind: 'client',
    startUnixNano: 1_772_357_400_002_000_000n,
    endUnixNano: 1_772_357_401_002_000_000n,
    status: 'error',
    statusMessage: 'deadline exceeded',
    attributes: {},
    events: [
      {
        name: 'exception',
        unixNano: 1_772_357_400_900_000_000n,
        attributes: { 'exception.message': 'too late', attempts: 3 },
      },
    ],
  },
  {
    traceId: TRACE_ID,
    spanId: '00f067aa0ba902b7',
    name: 'POST /process',
    service: 'gateway',
    kind: 'server',
    startUnixNano: 1_772_357_400_000_000_000n,
    endUnixNano: 1_772_357_401_004_000_000n,
    status: 'ok',
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/process',
      'http.response.status_code': 504,
      late: true,
    },
    events: [],
  },
];

async function startCloudTrace(): Promise<{ traces: TraceStore; endpoint: string }> {
  const traces = new TraceStore();
  const server = await CloudTraceServer.start({
    traces,
    ...access,
    cert: certificate.cert,
    key: certificate.key,
  });
  cleanUp.push(() => server.dispose());
  return { traces, endpoint: `localhost:${server.port}` };
}

async function startOtlp(demandAccess: boolean): Promise<{ traces: TraceStore; url: string }> {
  const traces = new TraceStore();
  const handler = otlpHttpHandler(demandAccess ? { traces, access } : { traces });
  const server = createServer((request, response) => void handler(request, response));
  const port = await listen(server);
  cleanUp.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { traces, url: `http://127.0.0.1:${port}` };
}

async function sendThroughGoogle(endpoint: string, token: string): Promise<string> {
  const metadata = await startMetadata(token);
  cleanUp.push(() => metadata.dispose());
  return sendSpans(['cloud-trace', endpoint], {
    GCE_METADATA_HOST: metadata.host,
    GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: certificate.file,
  });
}

describe("Google's own exporter, unmodified and in a process of its own", () => {
  test('has its spans stored with OpenTelemetry names and without labels of the exporter', async () => {
    // GIVEN
    const { traces, endpoint } = await startCloudTrace();
    // WHEN
    const output = await sendThroughGoogle(endpoint, 'good');
    // THEN
    expect(output).not.toContain('error');
    expect(traces.trace(TRACE_ID)?.spans).toEqual(SENT);
  });

  test('is told which role its account lacks', async () => {
    const { traces, endpoint } = await startCloudTrace();
    const output = await sendThroughGoogle(endpoint, 'reader');
    expect(output).toContain(
      `7 PERMISSION_DENIED: reader@x may not write traces into projects/${PROJECT}: grant it roles/cloudtrace.agent`,
    );
    expect(traces.list()).toEqual([]);
  });
});

describe("OpenTelemetry's OTLP exporter in a process of its own", () => {
  test.each(['http/protobuf', 'http/json'])(
    'has the same spans stored over %s as over Cloud Trace, compressed or not',
    async (protocol) => {
      // GIVEN
      const { traces, url } = await startOtlp(false);
      // WHEN
      await sendSpans(['otlp'], {
        OTEL_TRACES_EXPORTER: 'otlp',
        OTEL_EXPORTER_OTLP_ENDPOINT: url,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      });
      // THEN
      expect(traces.trace(TRACE_ID)?.spans).toEqual(SENT);
    },
  );
});

type Headers = Readonly<Record<string, string>>;

function value(stringValue: string): object {
  return { stringValue };
}

/** An export of one span. */
function body(span: object, projectId = PROJECT): string {
  const resource = { attributes: [{ key: 'gcp.project_id', value: value(projectId) }] };
  const spans = [{ traceId: TRACE_ID, spanId: 'eee19b7ec3c1b174', name: 'x', ...span }];
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
}

async function post(
  url: string,
  init: { body: string; headers?: Headers },
): Promise<{ status: number; json: unknown }> {
  const headers = { 'content-type': 'application/json', ...init.headers };
  const response = await fetch(`${url}/v1/traces`, { method: 'POST', body: init.body, headers });
  return { status: response.status, json: await response.json() };
}

describe('POST /v1/traces', () => {
  test('keeps attribute values of every type that the tracing API has, and exact integers', async () => {
    // GIVEN
    const { traces, url } = await startOtlp(false);
    const attributes = [
      { key: 'ratio', value: { doubleValue: 0.7 } },
      { key: 'none', value: { doubleValue: 'NaN' } },
      { key: 'big', value: { intValue: '9007199254740993' } },
      { key: 'small', value: { intValue: '-7' } },
      {
        key: 'list',
        value: { arrayValue: { values: [value('a'), { arrayValue: { values: [{ intValue: 1 }] } }] } },
      },
      { key: 'map', value: { kvlistValue: { values: [{ key: 'k', value: value('v') }] } } },
      { key: 'bytes', value: { bytesValue: 'AQI=' } },
      { key: 'constructor', value: value('') },
      { key: 'nothing', value: {} },
    ];
    // WHEN
    const answer = await post(url, { body: body({ attributes }) });
    // THEN
    expect(answer).toEqual({ status: 200, json: {} });
    expect(traces.trace(TRACE_ID)?.spans[0]?.attributes).toEqual({
      ratio: 0.7,
      none: 'NaN',
      big: '9007199254740993',
      small: -7,
      list: ['a', [1]],
      map: '{"k":"v"}',
      bytes: 'AQI=',
      constructor: '',
    });
  });

  test.each([
    ['a trace id of zeroes', { traceId: '0'.repeat(32) }],
    ['a short trace id', { traceId: 'abcd' }],
    ['a span id that is not hexadecimal', { spanId: 'zzzzzzzzzzzzzzzz' }],
    ['a malformed parent', { parentSpanId: 'ab' }],
  ])('rejects the span with %s and says so, without failing the batch', async (_name, span) => {
    const { traces, url } = await startOtlp(false);
    const { status, json } = await post(url, { body: body(span) });
    expect(status).toBe(200);
    expect(json).toEqual({
      partialSuccess: { rejectedSpans: 1, errorMessage: expect.stringContaining("span 'x' has") },
    });
    expect(traces.list()).toEqual([]);
  });

  test.each<[string, number, { body: string | Buffer<ArrayBuffer>; headers?: Headers }]>([
    ['no JSON', 400, { body: '{' }],
    ['JSON of another shape', 400, { body: '{"resourceSpans":5}' }],
    ['an array', 400, { body: '[]' }],
    ['null', 400, { body: 'null' }],
    ['what is not gzip', 400, { body: 'x', headers: { 'content-encoding': 'gzip' } }],
    ['an unknown compression', 400, { body: '{}', headers: { 'content-encoding': 'br' } }],
    [
      'a bomb',
      413,
      { body: gzipSync(Buffer.alloc(21 * 1024 * 1024)), headers: { 'content-encoding': 'gzip' } },
    ],
    ['more than the limit', 413, { body: Buffer.alloc(21 * 1024 * 1024) }],
    ['another content type', 415, { body: '{}', headers: { 'content-type': 'text/plain' } }],
    [
      'random bytes as protobuf',
      400,
      { body: Buffer.alloc(64, 0xff), headers: { 'content-type': 'application/x-protobuf' } },
    ],
  ])('refuses %s with %d', async (_name, status, init) => {
    const { url } = await startOtlp(false);
    const response = await fetch(`${url}/v1/traces`, {
      method: 'POST',
      ...init,
      headers: { 'content-type': 'application/json', ...init.headers },
    }).then(
      (answer) => answer.status,
      // The server may close while the rest of a large body is still on its way.
      () => status,
    );
    expect(response).toBe(status);
  });

  test.each([
    ['without a token', 401, {}, PROJECT],
    ['with a forged token', 401, { authorization: 'Bearer forged' }, PROJECT],
    ['without the role', 403, { authorization: 'Bearer reader' }, PROJECT],
    ['for another project', 403, { authorization: 'Bearer good' }, 'local-other'],
    ['with the role', 200, { authorization: 'Bearer good' }, PROJECT],
  ])('as telemetry.googleapis.com, a writer %s gets %d', async (_name, status, headers, projectId) => {
    const { traces, url } = await startOtlp(true);
    const answer = await post(url, { body: body({}, projectId), headers });
    expect(answer.status).toBe(status);
    expect(traces.list()).toHaveLength(status === 200 ? 1 : 0);
  });
});
