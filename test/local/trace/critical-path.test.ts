import { criticalPath } from '../../../local/trace/critical-path';
import { deadlineMarks } from '../../../local/trace/deadlines';
import type { Span } from '../../../local/trace/span';
import { log, span, SPANS } from './pipeline-trace';

const START = BigInt(Date.parse('2026-03-01T09:30:00Z')) * 1_000_000n;

function ms(unixNano: bigint): number {
  return Number(unixNano - START) / 1e6;
}

/** Name of the span, first and last millisecond. */
function path(spans: readonly Span[]): [string, number, number][] {
  const names = new Map(spans.map(({ spanId, name }) => [spanId, name]));
  return criticalPath(spans, []).segments.map(({ spanId, startUnixNano, endUnixNano }) => [
    names.get(spanId) ?? '',
    ms(startUnixNano),
    ms(endUnixNano),
  ]);
}

function dark(spans: readonly Span[]): [number, number, string][] {
  return criticalPath(spans, []).darkTimes.map(({ startUnixNano, endUnixNano, between }) => [
    ms(startUnixNano),
    ms(endUnixNano),
    between,
  ]);
}

const server = { kind: 'server' } as const;
const client = { kind: 'client' } as const;
const frontEnd = { ...server, attributes: { 'g.co/r/cloud_run_revision/service_name': 's-local' } };
/** The span of a service names the same parent as that of the front end before it. */
const BEHIND_FRONT_END: readonly Span[] = [
  span('a', undefined, 'g', 'call', [0, 100], client),
  span('f', 'a', 'Cloud Run', 'front end', [1, 98], frontEnd),
  span('b', 'a', 's', 'serve', [5, 90], server),
  span('c', 'b', 's', 'work', [6, 88]),
];

describe('the critical path', () => {
  test('follows the calls of a request that ran into its deadline, down to the bucket', () => {
    expect(path(SPANS)).toEqual([
      ['POST /process', 0, 0.4],
      ['validate document', 0.4, 0.42],
      ['POST /process', 0.42, 2.1],
      ['POST processor', 2.1, 9.8],
      ['POST /summaries', 9.8, 10.4],
      ['extract text', 10.4, 15.1],
      ['POST /summaries', 15.1, 15.6],
      ['POST storage', 15.6, 18.2],
      ['POST /documents', 18.2, 21.9],
      ['storage.objects.insert documents-europe-west1', 21.9, 1002.4],
      ['POST /process', 1002.4, 1004.2],
    ]);
    expect(dark(SPANS)).toEqual([]);
  });

  test('goes through the service, not through the span of the front end beside it', () => {
    expect(path(BEHIND_FRONT_END)).toEqual([
      ['call', 0, 5],
      ['serve', 5, 6],
      ['work', 6, 94],
      ['serve', 94, 95],
      ['call', 95, 100],
    ]);
    expect(dark(BEHIND_FRONT_END)).toEqual([]);
  });

  test('goes through the front end where the service behind it tells nothing', () => {
    expect(dark(BEHIND_FRONT_END.slice(0, 2))).toEqual([
      [1, 99, "the start of Cloud Run 'front end' and the end of Cloud Run 'front end'"],
    ]);
  });

  test.each<[string, Span[], [string, number, number][]]>([
    [
      'takes of calls side by side the one that ended last',
      [
        span('a', undefined, 's', 'all', [0, 15]),
        span('b', 'a', 's', 'fast', [1, 5], client),
        span('c', 'a', 's', 'slow', [1, 12], client),
      ],
      [
        ['all', 0, 1],
        ['slow', 1, 13],
        ['all', 13, 15],
      ],
    ],
    [
      'goes on with the call that was still running when the last one began',
      [
        span('a', undefined, 's', 'all', [0, 12]),
        span('b', 'a', 's', 'first', [0, 8], client),
        span('c', 'a', 's', 'last', [5, 7], client),
      ],
      [
        ['first', 0, 5],
        ['last', 5, 12],
      ],
    ],
    [
      'leaves out what went on after the answer',
      [
        span('a', undefined, 's', 'request', [0, 10]),
        span('b', 'a', 's', 'in the background', [9, 500], client),
        span('c', 'a', 's', 'never in time', [11, 500], client),
      ],
      [
        ['request', 0, 9],
        ['in the background', 9, 10],
      ],
    ],
    [
      'leaves out what a skewed clock puts before the parent',
      [span('a', undefined, 's', 'request', [10, 10]), span('b', 'a', 't', 'early', [2, 14], client)],
      [
        ['early', 10, 16],
        ['request', 16, 20],
      ],
    ],
    [
      'is the earliest root alone',
      [span('b', 'gone', 's', 'orphan', [5, 5]), span('a', undefined, 's', 'request', [0, 10])],
      [['request', 0, 10]],
    ],
    ['is empty for a root whose clock went backwards', [span('a', undefined, 's', 'r', [0, -5])], []],
    ['is empty without spans', [], []],
  ])('%s', (_name, spans, expected) => {
    expect(path(spans)).toEqual(expected);
  });
});

describe('dark time', () => {
  test.each<[string, Span[], [number, number, string][]]>([
    [
      'lies in a service between its spans, and before and after them',
      [
        span('a', undefined, 'gateway', 'POST /process', [0, 1000], server),
        span('b', 'a', 'gateway', 'parse', [100, 100]),
        span('c', 'a', 'gateway', 'POST', [500, 200], client),
      ],
      [
        [0, 100, "the start of gateway 'POST /process' and the start of gateway 'parse'"],
        [200, 500, "the end of gateway 'parse' and the start of gateway 'POST'"],
        [700, 1000, "the end of gateway 'POST' and the end of gateway 'POST /process'"],
      ],
    ],
    [
      'lies between a call and the service that serves it',
      [
        span('a', undefined, 'gateway', 'POST', [0, 900], client),
        span('b', 'a', 'processor', 'POST /documents/:id', [300, 600], server),
        span('c', 'b', 'processor', 'extract text', [300, 600]),
      ],
      [[0, 300, "the start of gateway 'POST' and the start of processor 'POST /documents/:id'"]],
    ],
    [
      'is all of a request that has no span below it',
      [span('a', undefined, 'processor', 'POST /', [0, 1200], server)],
      [[0, 1200, "the start of processor 'POST /' and the end of processor 'POST /'"]],
    ],
    [
      'is not what a call of somebody who sends no spans takes',
      [span('a', undefined, 'storage', 'gcs.upload', [0, 1200], client)],
      [],
    ],
    [
      'is not a gap of less than 20 ms or 5 % of the request',
      [
        span('a', undefined, 's', 'short', [0, 100], server),
        span('b', 'a', 's', 'work', [19, 81]),
        span('a2', undefined, 's', 'long', [0, 100], server),
      ],
      [],
    ],
    [
      'is not a gap of less than 5 % of the request',
      [span('a', undefined, 's', 'long', [0, 1000], server), span('b', 'a', 's', 'work', [49, 951])],
      [],
    ],
  ])('%s', (_name, spans, expected) => {
    expect(dark(spans)).toEqual(expected);
  });

  test('is found below a front end whose span is absent from the trace', () => {
    const spans = [span('a', 'f0', 'gateway', 'POST /process', [0, 50], server)];
    const logs = [log('gateway', 'f0', 50, '', { log: 'requests' })];
    expect(criticalPath(spans, logs).darkTimes).toHaveLength(1);
  });
});

test('deadline marks stand where the time of a span was over, whoever set it', () => {
  const spans = [
    span('b', 'a', 'processor', 'POST /documents/:id', [10, 5], {
      attributes: { 'traced.deadline_ms': 990 },
    }),
    span('a', undefined, 'gateway', 'POST', [2, 20], { attributes: { 'traced.deadline_ms': 1000 } }),
    span('c', 'a', 'gateway', 'none', [2, 20], { attributes: { 'traced.deadline_ms': 'soon' } }),
    span('d', 'a', 'gateway', 'none', [2, 20], { attributes: { 'traced.deadline_ms': -1 } }),
    span('e', 'a', 'gateway', 'none', [2, 20]),
  ];
  expect(deadlineMarks(spans).map((mark) => ({ ...mark, unixNano: ms(mark.unixNano) }))).toEqual([
    { spanId: 'b'.padStart(16, '0'), unixNano: 1000, ms: 990, service: 'processor' },
    { spanId: 'a'.padStart(16, '0'), unixNano: 1002, ms: 1000, service: 'gateway' },
  ]);
});
