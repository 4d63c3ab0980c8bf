import type { LogEntry } from '../../../local/logging/log-store';
import * as names from '../../../local/trace/attribute-names';
import { explain } from '../../../local/trace/explanation';
import type { TraceInQuestion } from '../../../local/trace/findings';
import type { Span } from '../../../local/trace/span';
import type { Stack } from '../../../local/trace/stack';
import * as attributes from '../../../services/telemetry/attributes';
import { log, span } from './pipeline-trace';

const BUCKET = 'local-documents';

function service(name: string, calls: readonly string[], port: number): Stack['services'][number] {
  return {
    name: `${name}-local`,
    spanService: name,
    location: 'europe-west1',
    account: `${name}@local.iam.gserviceaccount.com`,
    uri: `http://127.0.0.1:${port}`,
    calls,
    address: `google_cloud_run_v2_service.${name}`,
    construct: `pipeline-local/${name}`,
  };
}

function stack(location = 'EUROPE-WEST1'): Stack {
  return {
    services: [
      service('gateway', ['processor-local'], 5001),
      service('processor', ['storage-local'], 5002),
      service('storage', [], 5003),
    ],
    buckets: [
      {
        name: BUCKET,
        location,
        address: 'google_storage_bucket.documents',
        construct: 'pipeline-local/storage/bucket-documents',
      },
    ],
  };
}

type Times = readonly [number, number];

function request(
  id: string,
  parent: string | undefined,
  of: string,
  times: Times,
  more = {},
  rest = {},
): Span {
  const attributes = { 'http.request.method': 'POST', 'http.route': '/process', ...more };
  return span(id, parent, of, 'POST /process', times, { kind: 'server', attributes, ...rest });
}

function call(
  id: string,
  parent: string,
  of: string,
  port: number,
  times: Times,
  more = {},
  rest = {},
): Span {
  const attributes = { 'url.full': `http://127.0.0.1:${port}/x`, 'server.address': '127.0.0.1', ...more };
  return span(id, parent, of, 'POST', times, { kind: 'client', attributes, ...rest });
}

const GAVE_UP = {
  'traced.deadline_ms': 998,
  'traced.deadline_exceeded': true,
  'error.type': 'deadline_exceeded',
};

/** The incident: a deadline of one second, and a bucket that answers later than that. */
const INCIDENT: readonly Span[] = [
  request('a', undefined, 'gateway', [0, 1003], { 'http.response.status_code': 504 }, { status: 'error' }),
  call('b', 'a', 'gateway', 5002, [2, 1000], GAVE_UP, {
    status: 'error',
    statusMessage: 'http://127.0.0.1:5002/x was not done within 1000 ms',
  }),
  request('c', 'b', 'processor', [5, 1100]),
  call('d', 'c', 'processor', 5003, [8, 1095]),
  request('e', 'd', 'storage', [10, 1090]),
  span('f', 'e', 'storage', 'gcs.upload documents/original', [12, 1085], {
    kind: 'client',
    attributes: { 'gcp.storage.bucket': BUCKET, 'gcp.storage.bucket.location': 'US-EAST1' },
  }),
  span('1f', 'f', 'storage', 'gcs.attempt', [12, 1085], { kind: 'client' }),
];

/** An entry of the request log: who called by its account, with what context, when and for how long. */
function arrival(
  of: string,
  caller: LogEntry['caller'],
  [offsetMs, durationMs]: Times,
  more: Partial<LogEntry> = {},
): LogEntry {
  const httpRequest = { status: 201, latency: `${durationMs / 1000}s` };
  return log(`${of}-local`, 'ff', offsetMs, '', {
    log: 'requests',
    httpRequest,
    ...(caller && { caller }),
    ...more,
  });
}

const BY_PROCESSOR = { account: 'processor@local.iam.gserviceaccount.com' };
/** Of the span 'b' of a caller that records its trace. */
const WITH_HEADER = { context: { spanId: 'b'.padStart(16, '0'), sampled: true } };

/** A call of the processor, which leaves no span. */
const SILENT: readonly Span[] = [
  request('a', undefined, 'gateway', [0, 500]),
  call('b', 'a', 'gateway', 5002, [0, 500]),
];

/** A processor that does not say what it has waited for. */
const DARK: readonly Span[] = [
  request('a', undefined, 'gateway', [0, 1300], { 'http.response.status_code': 201 }),
  call('b', 'a', 'gateway', 5002, [5, 1290]),
  request('c', 'b', 'processor', [10, 1280]),
  span('d', 'c', 'processor', 'extract text', [11, 40]),
];
const DARK_PARAGRAPH =
  'POST /process answered 201 after 1,300 ms; nothing failed. 1,239 ms (95 %) of it is dark: no span says what happened ' +
  "between the end of processor 'extract text' and the end of processor 'POST /process'. ";

function stackWithProcessor(turnedOffBy: 'OTEL_SDK_DISABLED' | 'OTEL_TRACES_EXPORTER'): Stack {
  const { services, buckets } = stack();
  return {
    services: services.map((one) => (one.spanService === 'processor' ? { ...one, turnedOffBy } : one)),
    buckets,
  };
}

interface Case {
  readonly spans: readonly Span[];
  readonly logs?: readonly LogEntry[];
  readonly more?: Partial<TraceInQuestion>;
  readonly cause?: string;
  readonly resource?: string;
  readonly otherTraces?: readonly string[];
  readonly paragraph: string;
}

const CASES: Record<string, Case> = {
  'a deadline that ran out because the bucket is in another region': {
    spans: INCIDENT,
    more: { stack: stack('US-EAST1') },
    cause: 'bucket-in-another-region',
    resource: 'google_storage_bucket.documents',
    paragraph:
      'POST /process answered 504 after 1,003 ms: gateway gave up after its deadline of 1,000 ms for processor. ' +
      `990 ms (99 %) of it was storage 'gcs.upload documents/original' to bucket ${BUCKET}. ` +
      `Bucket ${BUCKET} is in us-east1 while storage runs in europe-west1, so every call goes from one region to the ` +
      'other and back. Make the bucket co-located: set location of google_storage_bucket.documents (construct ' +
      'pipeline-local/storage/bucket-documents) to europe-west1, which makes a new bucket.',
  },
  'the same where the bucket has a span of its own that tells the way': {
    spans: [
      ...INCIDENT,
      span('2f', '1f', 'Cloud Storage', 'storage.objects.insert', [40, 1050], {
        kind: 'server',
        attributes: {
          'gcp.storage.bucket': BUCKET,
          'local_cloud.latency_ms': 1040,
          'local_cloud.caller_region': 'europe-west1',
          'local_cloud.region': 'us-east1',
        },
      }),
    ],
    more: { stack: stack('US-EAST1') },
    cause: 'bucket-in-another-region',
    resource: 'google_storage_bucket.documents',
    paragraph:
      'POST /process answered 504 after 1,003 ms: gateway gave up after its deadline of 1,000 ms for processor. ' +
      `990 ms (99 %) of it was storage 'gcs.upload documents/original' to bucket ${BUCKET}. ` +
      `Bucket ${BUCKET} is in us-east1 while storage runs in europe-west1, so every call goes from one region to the ` +
      'other and back. Make the bucket co-located: set location of google_storage_bucket.documents (construct ' +
      'pipeline-local/storage/bucket-documents) to europe-west1, which makes a new bucket.',
  },
  'the same with a bucket in the right region': {
    spans: INCIDENT,
    paragraph:
      'POST /process answered 504 after 1,003 ms: gateway gave up after its deadline of 1,000 ms for processor. ' +
      `990 ms (99 %) of it was storage 'gcs.upload documents/original' to bucket ${BUCKET}. ` +
      'The trace has none of the causes that the local cloud knows; start there.',
  },
  'several calls of one bucket, none of which is long by itself': {
    spans: [
      request('a', undefined, 'storage', [0, 100]),
      ...[0, 1, 2, 3].map((index) =>
        span(`b${index}`, 'a', 'storage', 'gcs.upload', [index * 25, 25], {
          kind: 'client',
          attributes: {
            'gcp.storage.bucket': 'b',
            'gcp.storage.cross_region': true,
            'cloud.region': 'europe-west1',
          },
        }),
      ),
    ],
    more: { stack: { services: [], buckets: [{ name: 'b', location: 'US', address: 'b' }] } },
    cause: 'bucket-in-another-region',
    resource: 'b',
    paragraph:
      'POST /process took 100 ms; nothing failed. Bucket b is in us while storage runs in europe-west1, so every call ' +
      'goes from one region to the other and back. Make the bucket co-located: set location of b to europe-west1, ' +
      'which makes a new bucket.',
  },
  'a call that a service made without the trace header, and the trace that it got instead': {
    spans: DARK,
    more: {
      requests: [
        arrival('storage', BY_PROCESSOR, [60, 1200], { traceId: 'ab'.repeat(16) }),
        // Too late, of somebody else, and with a header.
        arrival('storage', BY_PROCESSOR, [2000, 10], { traceId: 'cd'.repeat(16) }),
        arrival('storage', { account: 'other' }, [60, 10], { traceId: 'cd'.repeat(16) }),
        arrival('storage', { ...BY_PROCESSOR, ...WITH_HEADER }, [60, 10], { traceId: 'cd'.repeat(16) }),
      ],
    },
    cause: 'trace-not-passed-on',
    resource: 'google_cloud_run_v2_service.processor',
    otherTraces: ['ab'.repeat(16)],
    paragraph:
      `${DARK_PARAGRAPH}Meanwhile processor called storage without the trace header, in a trace of its own, ` +
      `${'ab'.repeat(16)}. Have processor start its telemetry before anything else, and make its calls with a client that ` +
      'passes the trace on: google_cloud_run_v2_service.processor (construct pipeline-local/processor).',
  },
  'calls without the trace header of which several were made at the same time': {
    spans: DARK,
    more: {
      requests: ['ab', 'cd', 'ef', '12'].map((id) =>
        arrival('storage', BY_PROCESSOR, [60, 1200], { traceId: id.repeat(16) }),
      ),
    },
    cause: 'trace-not-passed-on',
    resource: 'google_cloud_run_v2_service.processor',
    otherTraces: ['ab', 'cd', 'ef'].map((id) => id.repeat(16)),
    paragraph:
      `${DARK_PARAGRAPH}Meanwhile processor called storage 4 times without the trace header, for this request or for ` +
      `others, each in a trace of its own, such as ${['ab', 'cd', 'ef'].map((id) => id.repeat(16)).join(', ')}. Have ` +
      'processor start its telemetry before anything else, and make its calls with a client that passes the trace on: ' +
      'google_cloud_run_v2_service.processor (construct pipeline-local/processor).',
  },
  'a call without the trace header by somebody who did not say who it is': {
    spans: DARK,
    more: { requests: [arrival('storage', {}, [60, 1200], { traceId: 'ab'.repeat(16) })] },
    cause: 'trace-not-passed-on',
    resource: 'google_cloud_run_v2_service.processor',
    otherTraces: ['ab'.repeat(16)],
    paragraph:
      `${DARK_PARAGRAPH}Meanwhile somebody, as the stack lets processor do, called storage without the trace header, in a ` +
      `trace of its own, ${'ab'.repeat(16)}. Have processor start its telemetry before anything else, and make its calls ` +
      'with a client that passes the trace on: google_cloud_run_v2_service.processor (construct pipeline-local/processor).',
  },
  'a dark time in which no call arrived anywhere': {
    spans: DARK,
    more: { requests: [arrival('storage', BY_PROCESSOR, [2000, 10])] },
    paragraph: `${DARK_PARAGRAPH}Put a span around the work that is done there, in the code of processor.`,
  },
  'a call of a service that does not take up the trace': {
    spans: SILENT,
    logs: [arrival('processor', WITH_HEADER, [1, 498])],
    cause: 'trace-not-passed-on',
    resource: 'google_cloud_run_v2_service.processor',
    paragraph:
      "POST /process took 500 ms; nothing failed. 500 ms (100 %) of it was gateway 'POST' waiting for processor. processor " +
      'gets the trace header and has no spans: its telemetry is off, or its spans are lost. Look at how processor starts ' +
      'its telemetry, and in its log lines for spans that could not be sent: google_cloud_run_v2_service.processor ' +
      '(construct pipeline-local/processor).',
  },
  'the same where the front end has sent its own span': {
    spans: [
      ...SILENT,
      span('ff', 'b', 'Cloud Run', 'processor-local /x', [1, 498], {
        kind: 'server',
        attributes: { 'g.co/r/cloud_run_revision/service_name': 'processor-local' },
      }),
    ],
    logs: [arrival('processor', WITH_HEADER, [1, 498])],
    cause: 'trace-not-passed-on',
    resource: 'google_cloud_run_v2_service.processor',
    paragraph:
      'POST /process took 500 ms; nothing failed. 498 ms (100 %) of it is dark: no span says what happened between the ' +
      "start of Cloud Run 'processor-local /x' and the end of Cloud Run 'processor-local /x'. processor gets the trace " +
      'header and has no spans: its telemetry is off, or its spans are lost. Look at how processor starts its telemetry, ' +
      'and in its log lines for spans that could not be sent: google_cloud_run_v2_service.processor (construct ' +
      'pipeline-local/processor).',
  },
  'a call of a service whose telemetry somebody has turned off, with what it called': {
    spans: SILENT,
    logs: [arrival('processor', WITH_HEADER, [1, 498])],
    more: {
      stack: stackWithProcessor('OTEL_SDK_DISABLED'),
      requests: [arrival('storage', BY_PROCESSOR, [60, 300], { traceId: 'ab'.repeat(16) })],
    },
    cause: 'trace-not-passed-on',
    resource: 'google_cloud_run_v2_service.processor',
    otherTraces: ['ab'.repeat(16)],
    paragraph:
      "POST /process took 500 ms; nothing failed. 500 ms (100 %) of it was gateway 'POST' waiting for processor. processor " +
      'gets the trace header and sends no spans. Meanwhile processor called storage without the trace header, in a trace ' +
      `of its own, ${'ab'.repeat(16)}. OTEL_SDK_DISABLED is true in its environment, which turns its telemetry off: take ` +
      'that out of google_cloud_run_v2_service.processor (construct pipeline-local/processor).',
  },
  'a call that was traced and went out without the trace header': {
    spans: SILENT,
    more: {
      requests: [
        arrival('processor', { account: 'gateway@local.iam.gserviceaccount.com' }, [3, 400], {
          traceId: 'ab'.repeat(16),
        }),
      ],
    },
    cause: 'trace-not-passed-on',
    resource: 'google_cloud_run_v2_service.gateway',
    otherTraces: ['ab'.repeat(16)],
    paragraph:
      "POST /process took 500 ms; nothing failed. 500 ms (100 %) of it was gateway 'POST' waiting for processor. Meanwhile " +
      `gateway called processor without the trace header, in a trace of its own, ${'ab'.repeat(16)}. Have gateway start ` +
      'its telemetry before anything else, and make its calls with a client that passes the trace on: ' +
      'google_cloud_run_v2_service.gateway (construct pipeline-local/gateway).',
  },
  'a call of which the callee need not record spans, or never heard': {
    spans: SILENT,
    logs: [
      arrival('processor', { context: { spanId: 'b'.padStart(16, '0'), sampled: false } }, [1, 498]),
      arrival('storage', WITH_HEADER, [1, 498]),
    ],
    paragraph:
      "POST /process took 500 ms; nothing failed. 500 ms (100 %) of it was gateway 'POST' waiting for processor. The trace " +
      'has none of the causes that the local cloud knows; start there.',
  },
  'a trace that begins where its first service was called without the trace header': {
    spans: [request('a', undefined, 'storage', [60, 10]), call('b', 'a', 'storage', 80, [60, 10])],
    logs: [arrival('storage', BY_PROCESSOR, [60, 10])],
    more: {
      stack: stackWithProcessor('OTEL_SDK_DISABLED'),
      requests: [
        arrival('storage', BY_PROCESSOR, [60, 10]),
        arrival('processor', WITH_HEADER, [50, 30], { traceId: 'ab'.repeat(16) }),
        arrival('processor', WITH_HEADER, [65, 30], { traceId: 'cd'.repeat(16) }),
      ],
    },
    cause: 'trace-not-passed-on',
    resource: 'google_cloud_run_v2_service.processor',
    otherTraces: ['ab'.repeat(16)],
    paragraph:
      "POST /process took 10 ms; nothing failed. 10 ms (100 %) of it was storage 'POST' waiting for 127.0.0.1. processor " +
      'called storage without the trace header, so Cloud Run began this trace in the middle of a request; the rest of it ' +
      `is in trace ${'ab'.repeat(16)}. OTEL_SDK_DISABLED is true in its environment, which turns its telemetry off: take ` +
      'that out of google_cloud_run_v2_service.processor (construct pipeline-local/processor).',
  },
  'a slow model call': {
    spans: [
      request('a', undefined, 'processor', [0, 2000]),
      span('b', 'a', 'processor', 'generate_content gemini-2.5-flash', [10, 1900], {
        kind: 'client',
        attributes: {
          'gen_ai.operation.name': 'generate_content',
          'gen_ai.request.model': 'gemini-2.5-flash',
          'gen_ai.usage.output_tokens': 812,
          'server.address': 'models.example',
        },
      }),
    ],
    cause: 'slow-model-call',
    resource: 'google_cloud_run_v2_service.processor',
    paragraph:
      "POST /process took 2,000 ms; nothing failed. 1,900 ms (95 %) of it was processor 'generate_content " +
      "gemini-2.5-flash' waiting for models.example. The model gemini-2.5-flash took that long for 812 tokens. Give the " +
      'call of processor a shorter deadline with a fallback, a smaller answer or a faster model, or give its callers ' +
      'longer deadlines: google_cloud_run_v2_service.processor (construct pipeline-local/processor).',
  },
  'a model that has not answered when its time is over': {
    spans: [
      request('a', undefined, 'processor', [0, 5300]),
      span('b', 'a', 'processor', 'generate_content gemini-2.5-pro', [100, 5000], {
        kind: 'client',
        status: 'error',
        statusMessage: 'The summary did not answer within 5,000 ms',
        attributes: {
          'gen_ai.operation.name': 'generate_content',
          'gen_ai.request.model': 'gemini-2.5-pro',
          'error.type': 'deadline_exceeded',
        },
      }),
      span('c', 'b', 'Vertex AI', 'generateContent gemini-2.5-pro', [110, 4990], {
        kind: 'server',
        status: 'error',
        attributes: {
          'gen_ai.request.model': 'gemini-2.5-pro',
          'local_cloud.first_token_ms': 7608,
          'local_cloud.tokens_per_sec': 122,
        },
      }),
    ],
    cause: 'slow-model-call',
    resource: 'google_cloud_run_v2_service.processor',
    paragraph:
      'POST /process took 5,300 ms: processor gave up after its deadline of 5,000 ms for Vertex AI. 5,000 ms (94 %) of ' +
      "it was processor 'generate_content gemini-2.5-pro' waiting for Vertex AI. The model gemini-2.5-pro had not " +
      'answered when its time was over, so that the request waited for nothing. Have processor ask a faster model or ' +
      'for a smaller answer, or give it up sooner: google_cloud_run_v2_service.processor (construct ' +
      'pipeline-local/processor).',
  },
  'a fault that somebody asked for': {
    spans: [
      request('a', undefined, 'gateway', [0, 30], { 'http.response.status_code': 502 }, { status: 'error' }),
      call(
        'b',
        'a',
        'gateway',
        5002,
        [1, 28],
        { 'http.response.status_code': 503, 'error.type': '503' },
        {
          status: 'error',
          events: [{ name: 'fault', unixNano: 1n, attributes: { 'local_cloud.fault': 'status 503' } }],
        },
      ),
    ],
    cause: 'injected-fault',
    paragraph:
      "POST /process answered 502 after 30 ms: gateway 'POST' failed with 503. 28 ms (93 %) of it was gateway 'POST' " +
      "waiting for processor. That was done on purpose: the local cloud injected 'status 503' into gateway 'POST'. Take " +
      'the rule for it away to see the system without it.',
  },
  'a call that is refused for want of a grant': {
    spans: [
      request('a', undefined, 'gateway', [0, 30], { 'http.response.status_code': 502 }, { status: 'error' }),
      call(
        'b',
        'a',
        'gateway',
        5002,
        [1, 28],
        { 'http.response.status_code': 403, 'error.type': '403' },
        {
          status: 'error',
        },
      ),
    ],
    logs: [
      log('processor-local', 'ff', 3, 'gateway@x has no role', { log: 'requests', severity: 'WARNING' }),
    ],
    cause: 'missing-grant',
    resource: 'google_cloud_run_v2_service.processor',
    paragraph:
      "POST /process answered 502 after 30 ms: gateway 'POST' failed with 403. 28 ms (93 %) of it was gateway 'POST' " +
      "waiting for processor. processor refused gateway's call with 403: gateway@x has no role. Add a " +
      'google_cloud_run_v2_service_iam_member with roles/run.invoker for ' +
      'serviceAccount:gateway@local.iam.gserviceaccount.com on google_cloud_run_v2_service.processor (construct ' +
      'pipeline-local/processor).',
  },
  'a bucket that refuses': {
    spans: [
      request('a', undefined, 'storage', [0, 30], { 'http.response.status_code': 500 }, { status: 'error' }),
      span('b', 'a', 'storage', 'gcs.upload', [1, 28], {
        kind: 'client',
        status: 'error',
        statusMessage: 'no access',
        attributes: { 'gcp.storage.bucket': BUCKET, 'error.type': '403' },
      }),
    ],
    cause: 'missing-grant',
    resource: 'google_storage_bucket.documents',
    paragraph:
      "POST /process answered 500 after 30 ms: storage 'gcs.upload' failed with no access. 28 ms (93 %) of it was storage " +
      `'gcs.upload' to bucket ${BUCKET}. Bucket ${BUCKET} refused storage's call with 403. Add a ` +
      'google_storage_bucket_iam_member with roles/storage.objectUser for ' +
      'serviceAccount:storage@local.iam.gserviceaccount.com on google_storage_bucket.documents (construct ' +
      'pipeline-local/storage/bucket-documents).',
  },
  'a container that had to be started': {
    spans: [
      request('a', undefined, 'gateway', [0, 900]),
      call('b', 'a', 'gateway', 5002, [0, 900]),
      request('c', 'b', 'processor', [800, 95]),
    ],
    more: {
      systemLogs: [
        log('processor-local', undefined, 790, 'Startup probe (TCP 8080) succeeded.', { log: 'system' }),
      ],
    },
    cause: 'cold-start',
    resource: 'google_cloud_run_v2_service.processor',
    paragraph:
      'POST /process took 900 ms; nothing failed. 800 ms (89 %) of it is dark: no span says what happened between the ' +
      "start of gateway 'POST' and the start of processor 'POST /process'. Cloud Run started a container of processor " +
      'for the request. Keep one running: set scaling.min_instance_count of google_cloud_run_v2_service.processor ' +
      '(construct pipeline-local/processor) to 1.',
  },
  'attempts that failed before one did not': {
    spans: [
      request('a', undefined, 'storage', [0, 1000]),
      span('b', 'a', 'storage', 'gcs.upload', [0, 1000], {
        kind: 'client',
        attributes: { 'gcp.storage.bucket': BUCKET },
      }),
      span('c', 'b', 'storage', 'gcs.attempt', [0, 400], {
        kind: 'client',
        status: 'error',
        attributes: { 'error.type': '503' },
      }),
      span('d', 'b', 'storage', 'gcs.attempt', [500, 500], {
        kind: 'client',
        attributes: { 'http.request.resend_count': 1 },
      }),
    ],
    cause: 'retries',
    paragraph:
      'POST /process took 1,000 ms; it succeeded in spite of 1 failed span. 1,000 ms (100 %) of it was storage ' +
      `'gcs.upload' to bucket ${BUCKET}. It took 2 attempts: 1 failed (503), each followed by a pause. Look at what ` +
      'answered them; the attempts themselves are in the trace.',
  },
  'time that is spread': {
    spans: [
      request('a', undefined, 'gateway', [0, 100]),
      span('b', 'a', 'gateway', 'parse', [0, 40]),
      span('c', 'a', 'gateway', 'render', [40, 35]),
      call('d', 'a', 'gateway', 80, [75, 25]),
    ],
    paragraph:
      "POST /process took 100 ms; nothing failed. There is no single cause: 40 ms (40 %) was gateway 'parse' itself; 35 ms " +
      "(35 %) was gateway 'render' itself; 25 ms (25 %) was gateway 'POST' waiting for 127.0.0.1.",
  },
  'time in a service without spans': {
    spans: [request('a', undefined, 'storage', [0, 300])],
    paragraph:
      'POST /process took 300 ms; nothing failed. 300 ms (100 %) of it is dark: no span says what happened between the ' +
      "start of storage 'POST /process' and the end of storage 'POST /process'. Put a span around the work that is done " +
      'there, in the code of storage.',
  },
  'a caller that hung up': {
    spans: [request('a', undefined, 'gateway', [0, 3], { 'error.type': 'aborted' }, { status: 'error' })],
    paragraph: 'POST /process took 3.0 ms: its caller hung up before the answer was complete.',
  },
  'a refusal that no span tells of': {
    spans: [
      span('a', undefined, 'Cloud Run', 'gateway-local /process', [0, 1], {
        kind: 'server',
        attributes: {
          'http.request.method': 'POST',
          'url.path': '/process',
          'http.response.status_code': 429,
        },
      }),
    ],
    logs: [
      log('gateway-local', 'a', 1, 'no instance was available', { log: 'requests', severity: 'WARNING' }),
    ],
    paragraph:
      'POST /process answered 429 after 1.0 ms: Cloud Run says of gateway-local: no instance was available.',
  },
  'a request that the service itself refused': {
    spans: [request('a', undefined, 'gateway', [0, 2], { 'http.response.status_code': 415 })],
    paragraph: 'POST /process answered 415 after 2.0 ms: gateway refused it, and its log lines say why.',
  },
  'a trace without spans': {
    spans: [],
    paragraph:
      'No span of this trace has arrived, only log lines: the services did not sample it, could not send it, or have ' +
      'not sent it yet.',
  },
};

test.each(Object.entries(CASES))('%s', (_name, { spans, logs = [], more, ...told }) => {
  const explained = explain({ spans, logs, stack: stack(), requests: [], systemLogs: [], ...more });
  expect(explained).toEqual(told);
});

test('attributes are read by the names under which the services write them', () => {
  expect(names.DEADLINE_MS).toBe(attributes.DEADLINE_MS);
  expect(names.DEADLINE_EXCEEDED).toBe(attributes.DEADLINE_EXCEEDED);
  expect(names.CLOUD_REGION).toBe(attributes.CLOUD_REGION);
  expect(names.ERROR_TYPE).toBe(attributes.ATTR_ERROR_TYPE);
  expect(names.HTTP_RESEND_COUNT).toBe(attributes.ATTR_HTTP_REQUEST_RESEND_COUNT);
  expect(names.HTTP_ROUTE).toContain(attributes.ATTR_HTTP_ROUTE);
  expect(names.HTTP_STATUS).toContain(attributes.ATTR_HTTP_RESPONSE_STATUS_CODE);
  expect(names.URL_FULL).toContain(attributes.ATTR_URL_FULL);
});
