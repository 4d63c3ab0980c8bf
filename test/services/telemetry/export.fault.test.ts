import { status } from '@grpc/grpc-js';
import { encodeResponse } from '../../../local/trace/otlp-codec';
import { exportSpans } from './exporting-process';
import { Google, refusal } from './google';
import { listenLocally, RecordingServer } from './http';

let google: Google;
beforeEach(async () => {
  google = await Google.start();
});
afterEach(() => google.dispose());

const stopped = { code: 0, stderr: '' };
const losses = (messages: readonly string[]): string[] =>
  messages.filter((message) => message.startsWith('spans dropped'));

/** A collector without authentication, and what a process needs to send to it. */
async function startCollector(): Promise<{ collector: RecordingServer; env: Record<string, string> }> {
  const collector = new RecordingServer();
  collector.body = '';
  const url = await listenLocally(collector.server);
  return { collector, env: { ...google.env('otlp'), OTEL_EXPORTER_OTLP_ENDPOINT: url } };
}

describe('spans on their way to Cloud Trace', () => {
  test('arrive, and nothing is recorded of the calls that carry them', async () => {
    const outcome = await exportSpans({ env: google.env('gcp_trace'), rounds: [1, 2] });
    expect(outcome).toMatchObject({ ...stopped, messages: [] });
    expect(google.batches).toEqual([1, 2]);
    expect(google.metadataRequests).toBeGreaterThan(0);
  });

  test('have 32 attributes at most with the labels of the exporter, and say how many were dropped', async () => {
    // GIVEN 40 attributes, what matters most last
    const attributes = Object.fromEntries(Array.from({ length: 36 }, (_item, index) => [`a${index}`, index]));
    const telling = {
      'http.request.method': 'GET',
      'gen_ai.usage.input_tokens': 7,
      'traced.x': 0.7,
      'error.type': '503',
    };
    // WHEN
    const outcome = await exportSpans({
      env: google.env('gcp_trace'),
      attributes: { ...attributes, ...telling },
    });
    // THEN
    const sent = google.spans[0]?.attributes.attributeMap ?? {};
    expect(Object.keys(sent)).toHaveLength(32);
    expect(sent).toMatchObject({
      '/http/method': { stringValue: { value: 'GET' } },
      'gen_ai.usage.input_tokens': { intValue: '7' },
      'traced.x': { stringValue: { value: '0.7' } },
      'error.type': { stringValue: { value: '503' } },
      'service.name': { stringValue: { value: 'exporting' } },
      'otel.dropped_attributes_count': { intValue: '14' },
    });
    expect(outcome.messages).toEqual(['cut to what the destination takes: attributes 14']);
  });

  test('are sent again after a failure that passes', async () => {
    const answers = [status.UNAVAILABLE, status.RESOURCE_EXHAUSTED, status.DEADLINE_EXCEEDED];
    google.cloudTrace = (answer) => {
      const code = answers.shift();
      answer(code === undefined ? null : refusal(code, 'later'), {});
    };
    expect(await exportSpans({ env: google.env('gcp_trace') })).toMatchObject({ ...stopped, messages: [] });
    expect(google.batches).toEqual([1, 1, 1, 1]);
  });

  test.each<[string, status, Record<string, string>, number, string]>([
    ['INVALID_ARGUMENT', status.INVALID_ARGUMENT, {}, 1, 'refused as invalid 3'],
    [
      'a wait beyond the bound',
      status.UNAVAILABLE,
      { 'grpc-retry-pushback-ms': '60000' },
      1,
      'export failed 3',
    ],
    ['an unknown failure', status.INTERNAL, {}, 1, 'export failed 3'],
  ])('are given up at once at %s, and counted', async (_case, code, trailer, calls, reason) => {
    google.cloudTrace = (answer) => answer(refusal(code, 'spans[2].name is too long', trailer));
    const outcome = await exportSpans({ env: google.env('gcp_trace'), rounds: [3] });
    expect(outcome).toMatchObject(stopped);
    expect(google.batches).toHaveLength(calls);
    expect(outcome.messages).toEqual([
      expect.stringMatching(/^telemetry: .*spans\[2\]\.name is too long/),
      `spans dropped: 3 (${reason})`,
    ]);
  });

  test('are given up where no answer comes, and the call is ended', async () => {
    let cancelled = 0;
    google.cloudTrace = (_answer, call) => call.on('cancelled', () => (cancelled += 1));
    const outcome = await exportSpans({ env: google.env('gcp_trace'), rounds: [4] });
    expect(outcome).toMatchObject(stopped);
    expect(losses(outcome.messages)).toEqual(['spans dropped: 4 (export failed 4)']);
    expect(cancelled).toBe(1);
  });

  test.each([
    ['PERMISSION_DENIED', status.PERMISSION_DENIED],
    ['UNAUTHENTICATED', status.UNAUTHENTICATED],
  ])('wait for an administrator at %s: one call, one line that names the role', async (_case, code) => {
    google.cloudTrace = (answer) => answer(refusal(code, 'no cloudtrace.traces.patch'));
    const outcome = await exportSpans({ env: google.env('gcp_trace'), rounds: [2, 3, 4] });
    expect(google.batches).toEqual([2]);
    expect(outcome).toMatchObject({
      ...stopped,
      messages: [
        expect.stringMatching(/no cloudtrace\.traces\.patch; grant roles\/cloudtrace\.agent on project p-1 /),
        'spans dropped: 9 (permission denied 9)',
      ],
    });
  });

  test('that the queue cannot hold are counted exactly', async () => {
    const outcome = await exportSpans({ env: google.env('gcp_trace'), rounds: [10_000] });
    expect(outcome).toMatchObject({ ...stopped, messages: ['spans dropped: 7440 (queue full 7440)'] });
    expect(google.spans).toHaveLength(10_000 - 7_440);
  });

  test('are counted with the queue that the environment sets', async () => {
    const env = {
      ...google.env('gcp_trace'),
      OTEL_BSP_MAX_QUEUE_SIZE: '100',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '10',
    };
    const { messages } = await exportSpans({ env, rounds: [1_000] });
    expect(messages).toEqual([
      `spans dropped: ${1_000 - google.spans.length} (queue full ${1_000 - google.spans.length})`,
    ]);
  });
});

describe('spans on their way to the Telemetry API', () => {
  test('arrive with a token of the service account, and nothing is recorded of the calls that carry them', async () => {
    const outcome = await exportSpans({ env: google.env('otlp'), rounds: [1, 2] });
    expect(outcome).toMatchObject({ ...stopped, messages: [] });
    expect(google.tokens).toEqual(['Bearer secret', 'Bearer secret']);
  });

  test.each(['https://telemetry.googleapis.com', 'https://telemetry.googleapis.com/'])(
    'carry the token where the environment names %s',
    async (endpoint) => {
      const env = { ...google.env('otlp'), OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
      expect(await exportSpans({ env })).toMatchObject({ ...stopped, messages: [] });
      expect(google.tokens).toEqual(['Bearer secret']);
    },
  );

  test.each([
    ['is told', 'p-1', {}],
    ['has to be found', 'p-4', { GOOGLE_CLOUD_PROJECT: '' }],
  ])(
    'wait for an administrator of the project, which %s, when permission is denied',
    async (_how, id, env) => {
      google.project = () => 'p-4';
      google.telemetry = (response) => response.writeHead(403).end('no telemetry.traces.write');
      const outcome = await exportSpans({ env: { ...google.env('otlp'), ...env }, rounds: [2, 3] });
      expect(google.tokens).toHaveLength(1);
      expect(google.projects).toEqual([`projects/${id}`]);
      expect(outcome.messages).toEqual([
        expect.stringContaining(
          `no telemetry.traces.write; grant roles/telemetry.tracesWriter (or roles/cloudtrace.agent) on project ${id} to`,
        ),
        'spans dropped: 5 (permission denied 5)',
      ]);
    },
  );

  test('are counted when no token can be had', async () => {
    const env = {
      ...google.env('otlp'),
      GCE_METADATA_HOST: '127.0.0.1:1',
      METADATA_SERVER_DETECTION: 'assume-present',
    };
    const outcome = await exportSpans({ env, rounds: [2] });
    expect(outcome).toMatchObject({ code: 0 });
    expect(losses(outcome.messages)).toEqual(['spans dropped: 2 (export failed 2)']);
    expect(google.tokens).toEqual([]);
  });
});

describe('spans on their way to a collector of your own', () => {
  test('carry no token', async () => {
    const { collector, env } = await startCollector();
    expect(await exportSpans({ env })).toMatchObject({ ...stopped, messages: [] });
    collector.close();
    expect(collector.last.url).toBe('/v1/traces');
    expect(collector.last.headers.authorization).toBeUndefined();
    expect(google.metadataRequests).toBe(0);
  });

  type Fault = (collector: RecordingServer) => void;
  const faults: [string, Fault, string, number][] = [
    ['T1 refuses connections', (it) => it.close(), 'export failed 3', 0],
    ['T2 never answers', (it) => it.server.removeAllListeners('request'), 'export failed 3', 0],
    ['T3 answers 503 for ever', (it) => (it.status = 503), 'export failed 3', 5],
    [
      'T4 answers 429 and asks for 60 s',
      (it) => Object.assign(it, { status: 429, headers: { 'retry-after': '60' } }),
      'export failed 3',
      1,
    ],
    [
      'T5 answers 400',
      (it) => Object.assign(it, { status: 400, body: 'spans[0]: bad' }),
      'refused as invalid 3',
      1,
    ],
    [
      'T6 resets connections',
      (it) => it.server.prependListener('request', (request) => request.socket.resetAndDestroy()),
      'export failed 3',
      5,
    ],
    [
      'T6 answers garbage',
      (it) => it.server.prependListener('connection', (socket) => socket.end('garbage\r\n\r\n')),
      'export failed 3',
      1,
    ],
  ];
  test.each(faults)('that %s are counted, and the process ends', async (_case, fault, reason, atMost) => {
    const { collector, env } = await startCollector();
    fault(collector);
    const outcome = await exportSpans({ env, rounds: [3] });
    collector.close();
    expect(outcome).toMatchObject(stopped);
    expect(outcome.messages).toHaveLength(2);
    expect(outcome.messages[0]).toMatch(/^telemetry: /);
    expect(outcome.messages[1]).toBe(`spans dropped: 3 (${reason})`);
    expect(collector.requests.length).toBeLessThanOrEqual(atMost);
  });

  test('that it refuses from a batch it takes are counted, with what it says', async () => {
    const { collector, env } = await startCollector();
    const answer = { partialSuccess: { rejectedSpans: 2, errorMessage: 'two spans are too old' } };
    collector.body = encodeResponse(answer, 'application/x-protobuf');
    const outcome = await exportSpans({ env, rounds: [3] });
    collector.close();
    expect(outcome).toMatchObject({
      ...stopped,
      messages: [
        'telemetry: the collector says: two spans are too old',
        'spans dropped: 2 (refused in part 2)',
      ],
    });
  });

  test('T7 that fails once arrive', async () => {
    const { collector, env } = await startCollector();
    collector.status = 503;
    collector.server.once('request', () => (collector.status = 200));
    expect(await exportSpans({ env })).toMatchObject({ ...stopped, messages: [] });
    collector.close();
    expect(collector.requests).toHaveLength(2);
  });
});
