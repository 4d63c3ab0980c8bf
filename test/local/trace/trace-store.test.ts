import { TraceStore } from '../../../local/trace/trace-store';
import { span, SPANS, TRACE_ID } from './pipeline-trace';

const LIMITS = { traces: 1_000, spans: 100_000, spansPerTrace: 10_000 };

function traceOf(index: number): string {
  return index.toString(16).padStart(32, '0');
}

describe('TraceStore', () => {
  test('summarizes a trace whose spans arrive in any order, in several batches', () => {
    // GIVEN
    const traces = new TraceStore();
    // WHEN
    for (const sent of SPANS.toReversed()) traces.add([sent]);
    // THEN
    expect(traces.list()).toEqual([
      {
        traceId: TRACE_ID,
        rootName: 'POST /process',
        method: 'POST',
        entryService: 'gateway',
        route: '/process',
        status: 504,
        keptBecause: 'failed',
        services: ['gateway', 'processor', 'storage'],
        startUnixNano: SPANS[0]?.startUnixNano,
        durationNano: 1_112_400_000n,
        spanCount: 9,
        error: true,
      },
    ]);
  });

  test('keeps one copy of a span that an exporter sends again', () => {
    const traces = new TraceStore();
    traces.add(SPANS);
    traces.add(SPANS);
    expect(traces.trace(TRACE_ID)?.spans).toHaveLength(SPANS.length);
  });

  test('lists the newest first, within the limit, and only failed ones when asked', () => {
    const traces = new TraceStore();
    for (const index of [1, 2, 3, 4]) {
      const status = index % 2 === 0 ? 'error' : 'ok';
      traces.add([span('a', undefined, 's', 'n', [index, 1], { traceId: traceOf(index), status })]);
    }
    expect(traces.list({ limit: 2 }).map(({ traceId }) => traceId)).toEqual([traceOf(4), traceOf(3)]);
    expect(traces.list({ errorsOnly: true }).map(({ traceId }) => traceId)).toEqual([traceOf(4), traceOf(2)]);
    expect(traces.idsStartingWith('0'.repeat(31))).toHaveLength(4);
  });

  test('drops the oldest traces beyond the number of traces and of spans', () => {
    // GIVEN
    const byTraces = new TraceStore({ ...LIMITS, traces: 2 });
    const bySpans = new TraceStore({ ...LIMITS, spans: 5 });
    // WHEN
    for (const index of [1, 2, 3]) {
      for (const traces of [byTraces, bySpans]) {
        traces.add(
          ['a', 'b'].map((id) => span(id, undefined, 's', 'n', [0, 1], { traceId: traceOf(index) })),
        );
      }
    }
    // THEN
    for (const traces of [byTraces, bySpans]) {
      expect(traces.list().map(({ traceId }) => traceId)).toEqual([traceOf(3), traceOf(2)]);
      expect(traces.trace(traceOf(1))).toBeUndefined();
    }
  });

  test('refuses spans beyond what one trace may hold and says how many', () => {
    const traces = new TraceStore({ ...LIMITS, spansPerTrace: 2 });
    const sent = ['a', 'b', 'c', 'd'].map((id) => span(id, undefined, 's', 'n', [0, 1]));
    expect(traces.add(sent)).toBe(2);
    expect(traces.trace(TRACE_ID)?.spans).toEqual(sent.slice(0, 2));
  });
});

describe('TraceStore.waitFor', () => {
  const options = { timeoutMs: 20_000 };

  test('returns at once what is there already', async () => {
    const traces = new TraceStore();
    traces.add(SPANS);
    await expect(traces.waitFor(TRACE_ID, () => true, options)).resolves.toEqual(traces.trace(TRACE_ID));
  });

  test('returns as soon as the spans that the predicate asks for have arrived, to everybody who waits', async () => {
    // GIVEN
    const traces = new TraceStore();
    const seen: number[] = [];
    const complete = (trace: { spans: readonly unknown[] }): boolean => {
      seen.push(trace.spans.length);
      return trace.spans.length === 2;
    };
    const first = traces.waitFor(TRACE_ID, complete, options);
    const second = traces.waitFor(TRACE_ID, ({ spans }) => spans.length === 2, options);
    // WHEN
    traces.add(SPANS.slice(0, 1));
    traces.add([span('a', undefined, 's', 'n', [0, 1], { traceId: traceOf(1) })]);
    traces.add(SPANS.slice(1, 2));
    traces.add(SPANS.slice(2));
    // THEN
    expect((await first)?.spans).toEqual(SPANS.slice(0, 2));
    expect((await second)?.spans).toEqual(SPANS.slice(0, 2));
    expect(seen).toEqual([1, 2]);
  });

  test('looks again when it is told that something else has changed', async () => {
    // GIVEN
    const traces = new TraceStore();
    traces.add(SPANS);
    let logged = false;
    const waiting = traces.waitFor(TRACE_ID, () => logged, options);
    // WHEN
    logged = true;
    traces.lookAgain(TRACE_ID);
    // THEN
    expect(await waiting).toEqual(traces.trace(TRACE_ID));
  });

  test('gives up after the timeout or when it is aborted', async () => {
    const traces = new TraceStore();
    const controller = new AbortController();
    const aborted = traces.waitFor(TRACE_ID, () => true, { ...options, signal: controller.signal });
    controller.abort();
    await expect(aborted).resolves.toBeUndefined();
    await expect(traces.waitFor(TRACE_ID, () => true, { timeoutMs: 1 })).resolves.toBeUndefined();
    await expect(
      traces.waitFor(TRACE_ID, () => true, { ...options, signal: controller.signal }),
    ).resolves.toBeUndefined();
  });

  test('passes on what the predicate throws', async () => {
    const traces = new TraceStore();
    const waiting = traces.waitFor(
      TRACE_ID,
      () => {
        throw new Error('broken predicate');
      },
      options,
    );
    traces.add(SPANS);
    await expect(waiting).rejects.toThrow('broken predicate');
  });
});
