import { readFileSync } from 'node:fs';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { fromJSON, type AnyDefinition, type ServiceDefinition } from '@grpc/proto-loader';
import { CloudTraceServer } from '../../../local/trace/cloud-trace-server';
import { TraceStore } from '../../../local/trace/trace-store';
import { createCertificate, PROJECT, type TestCertificate } from './sender';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN_ID = '00f067aa0ba902b7';
/** Google's own definition of the API, which its exporter carries. */
const GOOGLE_PROTOS =
  require.resolve('@google-cloud/opentelemetry-cloud-trace-exporter/build/protos/protos.json');

const service = googleService();

let certificate: TestCertificate;
let server: CloudTraceServer;
let traces: TraceStore;
let client: Client;

beforeAll(async () => {
  certificate = await createCertificate();
});
afterAll(() => certificate.dispose());
beforeEach(async () => {
  traces = new TraceStore({ traces: 10, spans: 100, spansPerTrace: 1 });
  server = await CloudTraceServer.start({
    traces,
    cert: certificate.cert,
    key: certificate.key,
    authenticate: (token) => (token === 'good' ? 'writer@x' : undefined),
    mayWrite: (_email, projectId) => projectId === PROJECT,
  });
  client = new Client(`localhost:${server.port}`, credentials.createSsl(Buffer.from(certificate.cert)));
});
afterEach(async () => {
  client.close();
  await server.dispose();
});

function googleService(): ServiceDefinition {
  const service: AnyDefinition | undefined = fromJSON(JSON.parse(readFileSync(GOOGLE_PROTOS, 'utf8')))[
    'google.devtools.cloudtrace.v2.TraceService'
  ];
  if (!service || !('BatchWriteSpans' in service)) throw new Error('the exporter carries another definition');
  return service;
}

/** Calls the server as Google's client would; resolves with `ok` or the status code and its details. */
async function call(method: string, request: object, authorization = 'Bearer good'): Promise<string> {
  const definition = service[method];
  if (!definition) throw new Error(`the API has no ${method}`);
  const metadata = new Metadata();
  if (authorization) metadata.set('authorization', authorization);
  return new Promise((resolve) => {
    const done = (error: ServiceError | null): void =>
      resolve(error ? `${error.code} ${error.details}` : 'ok');
    const { path, requestSerialize, responseDeserialize } = definition;
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, done);
  });
}

function cloudSpan(more: object = {}): object {
  return {
    name: `projects/${PROJECT}/traces/${TRACE_ID}/spans/${SPAN_ID}`,
    spanId: SPAN_ID,
    displayName: { value: 'work' },
    startTime: { seconds: 10, nanos: 5 },
    endTime: { seconds: 11 },
    ...more,
  };
}

function batch(...spans: object[]): object {
  return { name: `projects/${PROJECT}`, spans };
}

describe('the Cloud Trace API', () => {
  test('stores a span of CreateSpan', async () => {
    const attributeMap = {
      'g.co/r/cloud_run_revision/service_name': { stringValue: { value: 'gateway' } },
      'g.co/agent': { stringValue: { value: 'agent' } },
      '/http/method': { stringValue: { value: 'GET' } },
      empty: { stringValue: { value: '' } },
      zero: { intValue: 0 },
      off: { boolValue: false },
    };
    await expect(call('CreateSpan', cloudSpan({ attributes: { attributeMap } }))).resolves.toBe('ok');
    expect(traces.trace(TRACE_ID)?.spans).toEqual([
      {
        traceId: TRACE_ID,
        spanId: SPAN_ID,
        name: 'work',
        service: 'gateway',
        kind: 'internal',
        startUnixNano: 10_000_000_005n,
        endUnixNano: 11_000_000_000n,
        status: 'unset',
        attributes: { 'http.request.method': 'GET', empty: '', zero: 0, off: false },
        events: [],
      },
    ]);
  });

  test.each([
    ['the name of no project', { name: 'p', spans: [] }, "3 name 'p' is not projects/PROJECT."],
    [
      'a malformed span name',
      batch(cloudSpan({ name: 'x' })),
      "3 Span name 'x' is not projects/PROJECT/traces/",
    ],
    [
      'a span id of another span',
      batch(cloudSpan({ spanId: 'a'.repeat(16) })),
      "3 span_id 'aaaaaaaaaaaaaaaa' does not agree",
    ],
    [
      'a malformed parent',
      batch(cloudSpan({ parentSpanId: '1' })),
      `3 span ${SPAN_ID} of trace ${TRACE_ID} has parent_span_id '1'`,
    ],
    [
      'no display name',
      batch(cloudSpan({ displayName: null })),
      `3 span ${SPAN_ID} of trace ${TRACE_ID} has no display_name`,
    ],
    [
      'no end',
      batch(cloudSpan({ endTime: null })),
      `3 span ${SPAN_ID} of trace ${TRACE_ID} needs both start_time`,
    ],
    [
      'a time before 1970',
      batch(cloudSpan({ endTime: { seconds: -1 } })),
      `3 span ${SPAN_ID} of trace ${TRACE_ID} has a time`,
    ],
    [
      'a span of another project',
      batch(cloudSpan({ name: `projects/other/traces/${TRACE_ID}/spans/${SPAN_ID}` })),
      `3 Span 'projects/other/traces/${TRACE_ID}/spans/${SPAN_ID}' does not belong to`,
    ],
    [
      'more spans than a trace may hold',
      batch(
        cloudSpan(),
        cloudSpan({
          name: `projects/${PROJECT}/traces/${TRACE_ID}/spans/${'b'.repeat(16)}`,
          spanId: 'b'.repeat(16),
        }),
      ),
      '8 1 spans were refused because their trace is full.',
    ],
  ])('refuses %s', async (_name, request, details) => {
    await expect(call('BatchWriteSpans', request)).resolves.toContain(details);
  });

  test.each([
    ['BatchWriteSpans', batch(cloudSpan())],
    ['CreateSpan', cloudSpan()],
  ])('refuses %s without a token and with a forged one', async (method, request) => {
    await expect(call(method, request, '')).resolves.toMatch(/^16 The request carries no/);
    await expect(call(method, request, 'Bearer forged')).resolves.toMatch(/^16 The access token is not one/);
    expect(traces.list()).toEqual([]);
  });

  test('refuses to write into a project without the role', async () => {
    await expect(call('BatchWriteSpans', { name: 'projects/other' })).resolves.toBe(
      '7 writer@x may not write traces into projects/other: grant it roles/cloudtrace.agent on the project.',
    );
  });
});
