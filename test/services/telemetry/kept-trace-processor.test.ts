import { ROOT_CONTEXT, SpanStatusCode, trace, TraceFlags, type Context, type Span } from '@opentelemetry/api';
import { tracing } from '@opentelemetry/sdk-node';
import { UNDECIDED_BOUNDS } from '../../../services/telemetry/undecided-spans';
import { KeptTraces } from './kept-traces';

const ERROR = { code: SpanStatusCode.ERROR };

const NO_SPANS = { traces: 0, spans: 0, bytes: 0 };

/** The parent of a local root that belongs to another process. */
function remote(traceId = 'a'.repeat(32)): Context {
  const spanContext = { traceId, spanId: 'b'.repeat(16), traceFlags: TraceFlags.NONE, isRemote: true };
  return trace.setSpanContext(ROOT_CONTEXT, spanContext);
}

let traces: KeptTraces;

const start = (name: string, parent: Span | Context = ROOT_CONTEXT): Span =>
  traces.tracer.startSpan(name, {}, 'spanContext' in parent ? trace.setSpan(ROOT_CONTEXT, parent) : parent);

const fail = (span: Span): void => {
  span.setStatus(ERROR).end();
};

/** Local roots that stay open, each with one span that has ended. */
function open(count: number, attributes = {}): Span[] {
  return Array.from({ length: count }, (_, index) => {
    const root = start(`root ${index}`);
    const parent = trace.setSpan(ROOT_CONTEXT, root);
    traces.tracer.startSpan(`child ${index}`, { attributes }, parent).end();
    return root;
  });
}

beforeEach(() => {
  traces = new KeptTraces();
});

describe('a trace that failed', () => {
  test.each([
    ['as the first service', ROOT_CONTEXT],
    ['below a remote parent', remote()],
  ])('goes on with what ended before and after the error, %s', (_where, parent) => {
    // GIVEN a request with a span that ended before the error
    const root = start('root', parent);
    start('before', root).end();
    expect(traces.names).toEqual([]);
    // WHEN a span fails
    fail(start('failed', root));
    // THEN what was waiting goes on at once, and what ends later follows
    expect(traces.names).toEqual(['before', 'failed']);
    start('after', root).end();
    root.end();
    expect(traces.names).toEqual(['before', 'failed', 'after', 'root']);
    expect(traces.processor.waiting).toEqual(NO_SPANS);
  });

  test('goes on with every level below the local root', () => {
    const root = start('root');
    const child = start('child', root);
    const grandchild = start('grandchild', child);
    grandchild.end();
    child.end();
    fail(root);
    expect(traces.names).toEqual(['grandchild', 'child', 'root']);
  });

  test('goes on with the spans that end after the local root, and with those that begin after it', () => {
    const root = start('root');
    const late = start('late', root);
    fail(root);
    late.end();
    start('later', late).end();
    expect(traces.names).toEqual(['root', 'late', 'later']);
  });

  test('is sampled as exporters see it, and otherwise the span that was recorded', () => {
    const root = traces.tracer.startSpan('root', { attributes: { a: 1 }, links: [] }, remote());
    root.addEvent('event');
    fail(root);
    const [kept] = traces.passed;
    const { traceId, spanId } = root.spanContext();
    expect(kept?.spanContext()).toEqual({ traceId, spanId, traceFlags: 1 });
    expect(kept).toMatchObject({
      name: 'root',
      attributes: { a: 1 },
      events: [{ name: 'event' }],
      status: ERROR,
      ended: true,
      parentSpanContext: { spanId: 'b'.repeat(16) },
      resource: expect.anything(),
      instrumentationScope: { name: 'test' },
    });
    // Logs and calls still say what was decided by ratio.
    expect(root.spanContext().traceFlags).toBe(TraceFlags.NONE);
  });
});

describe('a trace that ended well', () => {
  test.each([
    ['as the first service', ROOT_CONTEXT],
    ['below a remote parent', remote()],
  ])('is forgotten, %s', (_where, parent) => {
    const root = start('root', parent);
    start('child', root).end();
    root.end();
    expect(traces.names).toEqual([]);
    expect(traces.processor.waiting).toEqual(NO_SPANS);
  });

  test('is forgotten with the spans that end after its local root, whatever becomes of them', () => {
    const root = start('root');
    const late = start('late', root);
    root.end();
    fail(start('below', late));
    fail(late);
    expect(traces.names).toEqual([]);
    expect(traces.processor.waiting).toEqual(NO_SPANS);
  });
});

test('two requests of one trace in one process are decided apart', () => {
  const [good, bad] = [start('good', remote()), start('bad', remote())];
  start('in good', good).end();
  start('in bad', bad).end();
  good.end();
  fail(bad);
  expect(traces.names).toEqual(['in bad', 'bad']);
});

test('what the ratio keeps passes at once, as it is', () => {
  const { processor, passed } = traces;
  const provider = new tracing.BasicTracerProvider({ spanProcessors: [processor] });
  const tracer = provider.getTracer('test');
  const root = tracer.startSpan('root');
  const child = tracer.startSpan('child', {}, trace.setSpan(ROOT_CONTEXT, root));
  child.end();
  expect(passed).toEqual([child]);
  expect(passed[0]).toBe(child);
  root.end();
  expect(passed).toHaveLength(2);
});

describe('what waits is bounded', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  test('in traces: the oldest go, and are counted', () => {
    const roots = open(UNDECIDED_BOUNDS.traces + 7);
    expect(traces.processor.waiting).toMatchObject({ traces: UNDECIDED_BOUNDS.traces });
    expect(traces.losses.dropped).toEqual({ 'evicted by traces': 7 });
    // THEN a trace that fails later still goes on with what is left of it
    for (const root of [roots[0], roots[7]]) if (root) fail(root);
    expect(traces.names).toEqual(['root 0', 'child 7', 'root 7']);
  });

  test('in spans of one trace: its oldest go, and no other trace loses any', () => {
    const [other] = open(1);
    const root = start('busy');
    for (let i = 0; i < UNDECIDED_BOUNDS.spansPerTrace + 3; i++) start(`busy ${i}`, root).end();
    expect(traces.processor.waiting).toMatchObject({ traces: 2, spans: UNDECIDED_BOUNDS.spansPerTrace + 1 });
    expect(traces.losses.dropped).toEqual({ 'evicted by spans per trace': 3 });
    fail(root);
    expect(traces.names.slice(0, 1)).toEqual(['busy 3']);
    if (other) fail(other);
    expect(traces.names.slice(-2)).toEqual(['child 0', 'root 0']);
    expect(traces.processor.waiting).toEqual(NO_SPANS);
  });

  test('in spans of all traces: the oldest trace goes', () => {
    const perTrace = UNDECIDED_BOUNDS.spansPerTrace;
    const filled = UNDECIDED_BOUNDS.spans / perTrace;
    const roots = Array.from({ length: filled + 1 }, (_, index) => start(`root ${index}`));
    for (const root of roots) for (let i = 0; i < perTrace; i++) start('child', root).end();
    expect(traces.processor.waiting).toMatchObject({ traces: filled, spans: UNDECIDED_BOUNDS.spans });
    expect(traces.losses.dropped).toEqual({ 'evicted by spans': perTrace });
  });

  test('in bytes: the oldest trace goes', () => {
    const attributes = { text: 'x'.repeat(100_000) };
    open(200, attributes);
    const { traces: waiting, bytes } = traces.processor.waiting;
    expect(bytes).toBeLessThanOrEqual(UNDECIDED_BOUNDS.bytes);
    expect(bytes).toBeGreaterThan(UNDECIDED_BOUNDS.bytes - 300_000);
    expect(traces.losses.dropped).toEqual({ 'evicted by bytes': 200 - waiting });
  });

  test('in bytes: a span that is too large by itself goes as well', () => {
    open(1, { text: 'x'.repeat(UNDECIDED_BOUNDS.bytes) });
    expect(traces.processor.waiting).toEqual(NO_SPANS);
    expect(traces.losses.dropped).toEqual({ 'evicted by bytes': 1 });
  });

  test('in age: a trace that never ends goes when the next span comes', () => {
    open(2);
    jest.advanceTimersByTime(UNDECIDED_BOUNDS.ageMs);
    expect(traces.losses.dropped).toEqual({});
    jest.advanceTimersByTime(1);
    open(1);
    expect(traces.losses.dropped).toEqual({ 'evicted by age': 2 });
    expect(traces.processor.waiting).toMatchObject({ traces: 1, spans: 1 });
  });

  test('a trace that was let go and goes on is bounded anew', () => {
    const [root] = open(1);
    jest.advanceTimersByTime(UNDECIDED_BOUNDS.ageMs + 1);
    open(1);
    if (!root) throw new Error('no root');
    start('after', root).end();
    fail(root);
    expect(traces.names).toEqual(['after', 'root 0']);
    expect(traces.losses.dropped).toEqual({ 'evicted by age': 1 });
  });

  test('a trace that has taken too long already is kept instead', () => {
    traces = new KeptTraces({ keepErrors: true, keepSlowerThanMs: 60_000 });
    const [root] = open(1);
    jest.advanceTimersByTime(UNDECIDED_BOUNDS.ageMs + 1);
    open(1);
    root?.end();
    expect(traces.names).toEqual(['child 0', 'root 0']);
    expect(traces.losses.dropped).toEqual({});
  });
});

describe('when the process ends', () => {
  test('what waits goes on, in parts that the queue behind can hold', async () => {
    for (const root of open(20)) for (let i = 1; i < 100; i++) start('child', root).end();
    await traces.processor.shutdown();
    expect(traces.names).toHaveLength(2_000);
    expect(traces.flushes).toBe(4);
    expect(traces.processor.waiting).toEqual(NO_SPANS);
  });

  test('nothing waits, so nothing is flushed twice', async () => {
    await traces.processor.shutdown();
    expect(traces.flushes).toBe(0);
  });

  test('what still waits when the time is over is counted as lost, and goes nowhere later', async () => {
    open(3);
    const stopped = traces.processor.shutdown();
    traces.processor.giveUp();
    await stopped;
    expect(traces.losses.dropped).toEqual({ 'not sent in time': 3 });
    expect(traces.names).toEqual([]);
    expect(traces.processor.waiting).toEqual(NO_SPANS);
  });

  test('what waits is dropped where only slowness counts', async () => {
    traces = new KeptTraces({ keepErrors: false, keepSlowerThanMs: 1_000 });
    open(1);
    await traces.processor.shutdown();
    expect(traces.names).toEqual([]);
  });
});
