import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import { KeptTraces } from './kept-traces';

const ERROR = { code: SpanStatusCode.ERROR };
const { CLIENT, SERVER, PRODUCER, CONSUMER, INTERNAL } = SpanKind;

/** A request with one span below its local root; which spans of it are kept. */
function record(
  traces: KeptTraces,
  { root = () => {}, child = () => {}, kind = INTERNAL, rootKind = SERVER, durationMs = 1 }: Recorded,
): string[] {
  const { tracer } = traces;
  const start = Date.now();
  const server = tracer.startSpan('root', { kind: rootKind, startTime: start }, ROOT_CONTEXT);
  const inner = tracer.startSpan('child', { kind, startTime: start }, trace.setSpan(ROOT_CONTEXT, server));
  child(inner);
  inner.end(start + durationMs);
  root(server);
  server.end(start + durationMs);
  return traces.names;
}

interface Recorded {
  readonly root?: (span: Span) => void;
  readonly child?: (span: Span) => void;
  readonly kind?: SpanKind;
  readonly rootKind?: SpanKind;
  readonly durationMs?: number;
}

const status = (span: Span): unknown => span.setStatus(ERROR);
const exception = (span: Span): unknown => span.recordException(new Error('x'));
const deadline = (span: Span): unknown => span.setAttribute('traced.deadline_exceeded', true);
const answered =
  (code: number) =>
  (span: Span): unknown =>
    span.setAttribute('http.response.status_code', code);

afterEach(() => context.disable());

describe('a trace that the ratio does not keep', () => {
  test.each<[string, Recorded]>([
    ['its local root failed', { root: status }],
    ['a span inside failed', { child: status }],
    ['the handling of a message failed', { child: status, kind: CONSUMER }],
    ['an exception was recorded in the local root', { root: exception }],
    ['an exception was recorded inside', { child: exception }],
    ['it was answered with 500, and the status is not set', { root: answered(500) }],
    ['it was answered with 503', { root: answered(503) }],
    ['it ran past its deadline, and was answered with 200', { root: deadline }],
    ['something inside ran past its deadline', { child: deadline }],
    ['a call failed, and the local root with it', { child: status, kind: CLIENT, root: status }],
    ['the local root is a call itself, and failed', { root: status, rootKind: CLIENT }],
  ])('is kept when %s', (_case, recorded) => {
    expect(record(new KeptTraces(), recorded)).toEqual(['child', 'root']);
  });

  test.each<[string, Recorded]>([
    ['nothing happened', {}],
    ['it was answered with 404', { root: answered(404) }],
    ['it was answered with 499 by itself', { root: answered(499) }],
    ['a call was answered with 404', { child: status, kind: CLIENT, root: answered(200) }],
    ['a call was answered with 503 and it could do without', { child: answered(503), kind: CLIENT }],
    ['a call failed and was tried again', { child: exception, kind: CLIENT }],
    ['a call ran past its own deadline and it could do without', { child: deadline, kind: CLIENT }],
    ['a message could not be sent and it could do without', { child: status, kind: PRODUCER }],
    ['it took long, and no threshold is set', { durationMs: 3_600_000 }],
  ])('is not kept when %s', (_case, recorded) => {
    expect(record(new KeptTraces(), recorded)).toEqual([]);
  });

  test.each<[string, Recorded, string[]]>([
    ['longer than the threshold', { durationMs: 801 }, ['child', 'root']],
    ['as long as the threshold', { durationMs: 800 }, []],
    ['less', { durationMs: 799 }, []],
  ])('is kept when its local root took %s: %j', (_case, recorded, names) => {
    expect(record(new KeptTraces({ keepErrors: true, keepSlowerThanMs: 800 }), recorded)).toEqual(names);
    expect(record(new KeptTraces({ keepErrors: false, keepSlowerThanMs: 800 }), recorded)).toEqual(names);
  });

  test.each<[string, Recorded]>([
    ['failed', { root: status, child: status }],
    ['ran past its deadline', { root: deadline }],
    ['was answered with 500', { root: answered(500) }],
  ])('is not kept for having %s where only slowness counts', (_case, recorded) => {
    expect(record(new KeptTraces({ keepErrors: false, keepSlowerThanMs: 800 }), recorded)).toEqual([]);
  });
});
