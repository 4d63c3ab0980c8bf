import { renderTraceList } from '../../../local/trace/trace-list';
import { TraceStore } from '../../../local/trace/trace-store';
import { renderWaterfall } from '../../../local/trace/waterfall';
import { log, LOGS, span, SPANS } from './pipeline-trace';

describe('renderWaterfall', () => {
  test('draws a failed request through three services within 80 columns', () => {
    expect(`\n${renderWaterfall(SPANS, LOGS, { width: 80, colour: false })}\n`).toMatchInlineSnapshot(`
      "
        POST /process   504   1,004 ms
        3 services, 9 spans, 2 failed, 6 log lines
        trace 4bf92f3577b34da6a3ce929d0e0e4736
        critical path: 981 ms storage 'storage.objects.insert documents-europe-west1'

        service    span                         start ms  took ms  0           1,112.4
      ! gateway    POST /process                     0.0  1,004.2  ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
                   │ failed: processor did not answer within 1000 ms
                   │ INFO    document accepted: text/markdown, 12 kB
                   │ ERROR   POST /process 504 in 1,005 ms
        gateway    ├ validate document               0.4     <0.1  ▌
      ! gateway    └ POST processor                  2.1  1,000.3  ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
                     │ failed: TimeoutError
                     │ ERROR   the caller waited 1000 ms for processor, which was not…
        processor    └ POST /summaries               9.8  1,102.6  ███████████████████
        processor      ├ extract text               10.4      4.7  ▌
                       │   INFO    text extracted
        processor      └ POST storage               15.6  1,096.4  ███████████████████
        storage          └ POST /documents          18.2  1,093.1  ███████████████████
                           │ NOTICE  document stored
        storage            └ storage.objects.…      21.9  1,085.4  ███████████████████
        storage    storage.objects.insert sum…      22.4     61.5  █▌
      ?              its parent 00000000000000c3 has not arrived

        log lines outside these spans
        processor  DEFAULT client closed the connection

        the trace is incomplete
        - parent 00000000000000c3 has not arrived, of storage 'storage.objects.insert…
        - 2 separate trees: gateway 'POST /process', storage 'storage.objects.insert…
      "
    `);
  });

  test('draws the same within 120 columns', () => {
    expect(`\n${renderWaterfall(SPANS, LOGS, { width: 120, colour: false })}\n`).toMatchInlineSnapshot(`
      "
        POST /process   504   1,004 ms
        3 services, 9 spans, 2 failed, 6 log lines
        trace 4bf92f3577b34da6a3ce929d0e0e4736
        critical path: 981 ms storage 'storage.objects.insert documents-europe-west1'

        service    span                                                 start ms  took ms  0                           1,112.4
      ! gateway    POST /process                                             0.0  1,004.2  ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
                   │ failed: processor did not answer within 1000 ms
                   │ INFO    document accepted: text/markdown, 12 kB
                   │ ERROR   POST /process 504 in 1,005 ms
        gateway    ├ validate document                                       0.4     <0.1  ▌
      ! gateway    └ POST processor                                          2.1  1,000.3  ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
                     │ failed: TimeoutError
                     │ ERROR   the caller waited 1000 ms for processor, which was not enough
        processor    └ POST /summaries                                       9.8  1,102.6  ███████████████████████████████████
        processor      ├ extract text                                       10.4      4.7  ▌
                       │   INFO    text extracted
        processor      └ POST storage                                       15.6  1,096.4  ███████████████████████████████████
        storage          └ POST /documents                                  18.2  1,093.1  ▐██████████████████████████████████
                           │ NOTICE  document stored
        storage            └ storage.objects.insert documents-europe-…      21.9  1,085.4  ▐██████████████████████████████████
        storage    storage.objects.insert summaries                         22.4     61.5  ▐█▌
      ?              its parent 00000000000000c3 has not arrived

        log lines outside these spans
        processor  DEFAULT client closed the connection

        the trace is incomplete
        - parent 00000000000000c3 has not arrived, of storage 'storage.objects.insert summaries'
        - 2 separate trees: gateway 'POST /process', storage 'storage.objects.insert summaries'
      "
    `);
  });

  test('draws a request that went well without a word of warning', () => {
    const spans = [
      span('a1', undefined, 'gateway', 'POST /process', [0, 18.4], {
        attributes: { 'http.response.status_code': 200 },
      }),
      span('a2', 'a1', 'gateway', 'POST processor', [1.2, 16.1]),
      span('b1', 'a2', 'processor', 'POST /summaries', [3, 13.7]),
    ];
    const logs = [log('processor', 'b1', 4, 'text extracted')];
    expect(`\n${renderWaterfall(spans, logs, { width: 80, colour: false })}\n`).toMatchInlineSnapshot(`
      "
        POST /process   200   18 ms
        2 services, 3 spans, 1 log line
        trace 4bf92f3577b34da6a3ce929d0e0e4736
        critical path: 14 ms processor 'POST /summaries', 2.4 ms gateway 'POST proces…

        service    span                 start ms  took ms  0                      18.4
        gateway    POST /process             0.0     18.4  ███████████████████████████
        gateway    └ POST processor          1.2     16.1   ▐███████████████████████▌
        processor    └ POST /summaries       3.0     13.7      ████████████████████▌
                         INFO    text extracted
      "
    `);
  });

  test('marks the time in a service that no span explains', () => {
    const spans = [
      span('a1', undefined, 'gateway', 'POST /process', [0, 1300], {
        kind: 'server',
      }),
      span('a2', 'a1', 'gateway', 'POST', [50, 1240], { kind: 'client' }),
      span('b1', 'a2', 'processor', 'POST /documents/:id', [60, 1225], {
        kind: 'server',
      }),
      span('b2', 'b1', 'processor', 'extract text', [61, 20]),
    ];
    const lines = renderWaterfall(spans, [], {
      width: 80,
      colour: false,
    }).split('\n');
    expect(lines[3]).toBe("  critical path: 60 ms gateway 'POST /process', 20 ms processor 'extract text',…");
    expect(lines.filter((line) => line.startsWith('?'))).toEqual([
      '?                │ dark for 1,204.0 ms from 81.0: no span tells why',
    ]);
  });

  test('says when no span has arrived and still shows the log lines', () => {
    const drawn = renderWaterfall([], LOGS.slice(1, 2), {
      width: 80,
      colour: false,
    });
    expect(drawn).toContain('No span of this trace has arrived');
    expect(drawn).toContain('document accepted');
  });

  test('shows a request log below the only entry of its service, and outside where there are two', () => {
    const request = log('storage', 'ff', 20, '', {
      log: 'requests',
      httpRequest: {
        requestMethod: 'GET',
        requestUrl: 'http://127.0.0.1:1/documents/7?x=1',
        status: 200,
        latency: '0.0042s',
      },
    });
    const entry = span('c1', undefined, 'storage', 'GET /documents/:id', [0, 5]);
    const options = { width: 80, colour: false };
    expect(renderWaterfall([entry], [request], options).split('\n').at(-1)).toBe(
      '             INFO    GET /documents/7 200 in 4.2 ms',
    );
    expect(
      renderWaterfall([entry, { ...entry, spanId: 'c2'.padStart(16, '0') }], [request], options),
    ).toContain('log lines outside these spans\n  storage  INFO    GET /documents/7 200 in 4.2 ms');
  });

  test('says what the local cloud has done to a request', () => {
    const attributes = {
      'local_cloud.latency_ms': 321,
      'local_cloud.caller_region': 'europe-west1',
      'local_cloud.region': 'us-central1',
      'local_cloud.fault': 'status 503',
    };
    const drawn = renderWaterfall([span('1', undefined, 's', 'get', [0, 1], { attributes })], [], {
      width: 120,
      colour: false,
    });
    expect(drawn).toContain('321 ms on the way from europe-west1 to us-central1; injected fault: status 503');
  });

  test('stops indenting where the names would have no room', () => {
    const chain = Array.from({ length: 40 }, (_, index) =>
      span((index + 1).toString(16), index === 0 ? undefined : index.toString(16), 's', `step ${index}`, [
        index,
        100,
      ]),
    );
    const drawn = renderWaterfall(chain, [], { width: 80, colour: false });
    expect(drawn).toContain('└ step 39');
  });
});

test('renderTraceList draws one line per trace, newest first, and marks failed ones', () => {
  const traces = new TraceStore();
  traces.add([
    span('a', undefined, 'gateway', 'GET /healthz', [0, 0.4], {
      traceId: 'ab'.repeat(16),
    }),
  ]);
  traces.add(SPANS);
  expect(`\n${renderTraceList(traces.list(), { colour: false })}\n`).toMatchInlineSnapshot(`
    "
      trace                             start (UTC)   took ms  spans  root           services
    ! 4bf92f3577b34da6a3ce929d0e0e4736  09:30:00.000  1,112.4      9  POST /process  gateway → processor → storage
      abababababababababababababababab  09:30:00.000      0.4      1  GET /healthz   gateway
    "
  `);
  expect(renderTraceList([], { colour: false })).toBe('');
});
