import { PeerSpans } from '../../../local/trace/peer-spans';
import type { Span } from '../../../local/trace/span';
import { TraceStore } from '../../../local/trace/trace-store';

const TRACE_ID = 'd4cda95b652f4a1592b449d5929fda1b';

function span(spanId: string, parentSpanId?: string): Span {
  return {
    traceId: TRACE_ID,
    spanId: spanId.padStart(16, '0'),
    ...(parentSpanId !== undefined && { parentSpanId: parentSpanId.padStart(16, '0') }),
    name: spanId,
    service: 'a',
    kind: 'server',
    startUnixNano: 0n,
    endUnixNano: 1n,
    status: 'unset',
    attributes: {},
    events: [],
  };
}

let traces: TraceStore;
let peers: PeerSpans;
beforeEach(() => {
  traces = new TraceStore();
  peers = new PeerSpans(traces);
});
afterEach(() => peers.dispose());

function namesOf(): string[] | undefined {
  return traces.trace(TRACE_ID)?.spans.map(({ name }) => name);
}

describe('a span of a peer', () => {
  it('waits for its caller’s, and begins no trace', async () => {
    peers.add(span('b', 'a'));
    expect(traces.list()).toEqual([]);
    traces.add([span('c')]);

    traces.add([span('a')]);

    await traces.waitFor(TRACE_ID, ({ spans }) => spans.length === 3, { timeoutMs: 10_000 });
    expect(namesOf()).toEqual(['c', 'a', 'b']);
  });

  it('without a caller is put into its trace at once', () => {
    peers.add(span('a'));
    expect(namesOf()).toEqual(['a']);
  });

  it('makes place for newer ones where too many wait', async () => {
    peers.add(span('b', 'a'));
    for (let count = 0; count < 1000; count += 1) peers.add(span(`f${count}`, 'e'));

    traces.add([span('a'), span('e')]);

    await traces.waitFor(TRACE_ID, ({ spans }) => spans.length === 1002, { timeoutMs: 10_000 });
    expect(namesOf()).not.toContain('b');
  });
});
