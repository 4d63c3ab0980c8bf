import type { LogEntry } from '../../../local/logging/log-store';
import type { Span } from '../../../local/trace/span';
import { matchesQuery, type TraceQuery } from '../../../local/trace/trace-query';
import { summarize } from '../../../local/trace/trace-summary';
import { LOGS, span, SPANS, TRACE_ID } from './pipeline-trace';

function matches(
  query: TraceQuery,
  spans: readonly Span[] = SPANS,
  logs: readonly LogEntry[] = LOGS,
): boolean {
  return matchesQuery(query, summarize(TRACE_ID, spans), spans, () => logs);
}

test.each<[TraceQuery, boolean]>([
  [{}, true],
  [{ errorsOnly: true }, true],
  [{ service: 'storage' }, true],
  [{ service: 'stor' }, false],
  [{ route: '/process' }, true],
  [{ route: '/' }, false],
  [{ status: '504' }, true],
  [{ status: '5xx' }, true],
  [{ status: '503' }, false],
  [{ status: '4xx' }, false],
  [{ minDurationMs: 1_112 }, true],
  [{ minDurationMs: 1_113 }, false],
  [{ text: '' }, true],
  [{ text: TRACE_ID.slice(3, 12) }, true],
  [{ text: 'EXTRACT' }, true],
  [{ text: 'timeouterror' }, true],
  [{ text: 'did not answer within' }, true],
  [{ text: 'Client Closed' }, true],
  [{ text: 'nowhere' }, false],
  [{ service: 'gateway', status: '200' }, false],
])('%j of a failed request: %s', (query, expected) => {
  expect(matches(query)).toBe(expected);
});

test('a trace that tells no status has none, and an event can be what is looked for', () => {
  const events = [{ name: 'exception', unixNano: 1n, attributes: { 'exception.message': 'Disk full' } }];
  const spans = [span('a', undefined, 's', 'n', [0, 1], { events })];
  expect(matches({ status: '2xx' }, spans)).toBe(false);
  expect(matches({ errorsOnly: true }, spans)).toBe(false);
  expect(matches({ text: 'disk' }, spans)).toBe(true);
});

test.each<[string, string | undefined, Partial<Span>[]]>([
  ['a request that went well', undefined, [{ kind: 'server' }]],
  [
    'a failed call that its caller could do without',
    undefined,
    [{ kind: 'server' }, { kind: 'client', status: 'error' }],
  ],
  ['a server error', 'failed', [{ kind: 'server', attributes: { 'http.response.status_code': 503 } }]],
  ['an abandoned request', 'abandoned', [{ kind: 'server', attributes: { 'error.type': 'aborted' } }]],
  [
    'a request past its deadline',
    'deadline exceeded',
    [{ kind: 'server', status: 'error', attributes: { 'traced.deadline_exceeded': true } }],
  ],
])('%s is kept because: %s', (_name, reason, parts) => {
  const spans = parts.map((part, index) => span(`a${index}`, undefined, 's', 'n', [index, 1], part));
  expect(summarize(TRACE_ID, spans).keptBecause).toBe(reason);
});

test('below the span of a front end the entry is the service behind it', () => {
  const front = span('a', undefined, 'Cloud Run', 'gateway-local /process', [0, 9], {
    attributes: {
      'g.co/r/cloud_run_revision/service_name': 'gateway-local',
      'http.response.status_code': 504,
    },
  });
  const behind = span('b', 'a', 'gateway', 'POST /process', [1, 5], {
    attributes: { 'http.route': '/process' },
  });
  expect(summarize(TRACE_ID, [front, behind])).toMatchObject({
    entryService: 'gateway',
    route: '/process',
    status: 504,
  });
});
