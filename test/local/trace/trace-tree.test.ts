import { assessTrace, buildTraceTree, type TraceNode } from '../../../local/trace/trace-tree';
import { log, LOGS, span, SPANS } from './pipeline-trace';

/** Span ids without their leading zeroes, children in brackets. */
function shape(nodes: readonly TraceNode[]): string {
  return nodes
    .map(({ span: { spanId }, children }) => {
      const id = spanId.replace(/^0+/, '');
      return children.length > 0 ? `${id}(${shape(children)})` : id;
    })
    .join(' ');
}

describe('buildTraceTree', () => {
  test('puts children under their parents in the order of their start, whatever the order of arrival', () => {
    expect(shape(buildTraceTree(SPANS.toReversed(), LOGS))).toBe('a1(a2 a3(b1(b2 b3(c1(c2))))) c4');
  });

  test('marks a root whose parent has not arrived, but not the one below the front end', () => {
    const roots = buildTraceTree(SPANS, LOGS);
    expect(roots.map(({ orphan }) => orphan)).toEqual([undefined, 'missing-parent']);
  });

  test('does not mark a span of the front end whose caller is outside', () => {
    const roots = buildTraceTree(
      [
        span('f0', 'e0', 'gateway', '/process', [0, 10]),
        span('a1', 'f0', 'gateway', 'POST /process', [1, 8]),
      ],
      [log('gateway', 'f0', 0, '', { log: 'requests' })],
    );
    expect(shape(roots)).toBe('f0(a1)');
    expect(roots[0]?.orphan).toBeUndefined();
  });

  test('opens a ring of spans at its earliest span and keeps what hangs below it', () => {
    const ring = [
      span('a', 'b', 's', 'n', [2, 1]),
      span('b', 'a', 's', 'n', [1, 1]),
      span('c', 'a', 's', 'n', [0, 1]),
      span('d', 'd', 's', 'n', [3, 1]),
    ];
    const roots = buildTraceTree(ring, []);
    expect(shape(roots)).toBe('b(a(c)) d');
    expect(roots.map(({ orphan }) => orphan)).toEqual(['cycle', 'cycle']);
  });

  test('takes a chain as deep as a trace may be', () => {
    const chain = Array.from({ length: 10_000 }, (_, index) =>
      span((index + 1).toString(16), index === 0 ? undefined : index.toString(16), 's', 'n', [index, 1]),
    );
    expect(buildTraceTree(chain, [])).toHaveLength(1);
  });
});

describe('assessTrace', () => {
  const whole = SPANS.slice(0, 8);
  const complete = { complete: true, problems: [] };

  test('finds a single tree with every parent complete', () => {
    expect(assessTrace(whole, LOGS)).toEqual(complete);
  });

  test('finds no span at all incomplete', () => {
    expect(assessTrace([], LOGS)).toEqual({ complete: false, problems: ['no span has arrived'] });
  });

  test('names the parent that is missing and the trees that the trace fell into', () => {
    expect(assessTrace(SPANS, LOGS)).toEqual({
      complete: false,
      problems: [
        "parent 00000000000000c3 has not arrived, of storage 'storage.objects.insert summaries'",
        "2 separate trees: gateway 'POST /process', storage 'storage.objects.insert summaries'",
      ],
    });
  });

  test('finds a trace incomplete whose root has not arrived yet', () => {
    expect(assessTrace(whole.slice(1), []).complete).toBe(false);
  });

  test('finds a span missing that a container logged in, unless that span was not sampled', () => {
    const entry = log('storage', 'dd', 30, 'deep inside');
    expect(assessTrace(whole, [...LOGS, entry])).toEqual({
      complete: false,
      problems: ['span 00000000000000dd has not arrived, which storage logged in'],
    });
    expect(assessTrace(whole, [...LOGS, { ...entry, traceSampled: false }])).toEqual(complete);
  });

  test('says that a span is its own ancestor', () => {
    expect(assessTrace([span('a', 'a', 's', 'n', [0, 1])], []).problems).toEqual([
      "s 'n' is its own ancestor",
    ]);
  });
});
