/** A sender of its own process: two fixed spans through an official exporter. Arguments: `cloud-trace ENDPOINT` or `otlp`. */
import { TraceExporter } from '@google-cloud/opentelemetry-cloud-trace-exporter';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';

const [, , via, apiEndpoint = ''] = process.argv;
const spanIds = ['00f067aa0ba902b7', '53995c3f42cd8ad8'];
const start = Date.parse('2026-03-01T09:30:00.000Z');

const sdk = new NodeSDK({
  idGenerator: {
    generateTraceId: () => '4bf92f3577b34da6a3ce929d0e0e4736',
    generateSpanId: () => spanIds.shift() ?? '',
  },
  ...(via === 'cloud-trace' && {
    traceExporter: new TraceExporter({ apiEndpoint, resourceFilter: /^service\.name$/ }),
  }),
});
sdk.start();

const tracer = trace.getTracer('test');
const parent = tracer.startSpan('POST /process', {
  kind: SpanKind.SERVER,
  startTime: start,
  attributes: {
    'http.request.method': 'POST',
    'http.route': '/process',
    'http.response.status_code': 504,
    late: true,
  },
});
const child = tracer.startSpan(
  'POST processor',
  { kind: SpanKind.CLIENT, startTime: start + 2 },
  trace.setSpan(context.active(), parent),
);
child.addEvent('exception', { 'exception.message': 'too late', attempts: 3 }, start + 900);
child.setStatus({ code: SpanStatusCode.ERROR, message: 'deadline exceeded' });
child.end(start + 1_002);
parent.setStatus({ code: SpanStatusCode.OK });
parent.end(start + 1_004);
sdk.shutdown().catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
