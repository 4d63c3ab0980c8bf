import { renderLogLines } from '../../../local/logging/log-lines';
import { LogStore } from '../../../local/logging/log-store';
import { log, TRACE_ID } from '../trace/pipeline-trace';

function messages(entries: readonly { message: string }[]): string[] {
  return entries.map(({ message }) => message);
}

/** Every third entry belongs to another trace. */
function traceId(index: number): string {
  return (index % 3 === 0 ? 'a' : 'b').repeat(32);
}

describe('LogStore', () => {
  test('lists entries by trace and by service, oldest first, the newest within the limit', () => {
    // GIVEN
    const logs = new LogStore();
    logs.append(log('gateway', undefined, 0, 'one'));
    logs.append(log('processor', undefined, 1, 'two'));
    logs.append(log('gateway', undefined, 2, 'three', { traceId: 'b'.repeat(32) }));
    logs.append(log('gateway', undefined, 3, 'four'));
    // THEN
    expect(messages(logs.list({ service: 'gateway' }))).toEqual(['one', 'three', 'four']);
    expect(messages(logs.list({ traceId: TRACE_ID }))).toEqual(['one', 'two', 'four']);
    expect(messages(logs.list({ traceId: TRACE_ID, service: 'gateway', limit: 1 }))).toEqual(['four']);
    expect(messages(logs.list({ limit: 2 }))).toEqual(['three', 'four']);
    expect(logs.list({ traceId: 'c'.repeat(32) })).toEqual([]);
  });

  test('drops the oldest entries, of their traces as well', () => {
    // GIVEN
    const logs = new LogStore(10);
    // WHEN
    for (let index = 0; index < 100; index += 1) {
      logs.append(log('s', undefined, index, String(index), { traceId: traceId(index) }));
    }
    // THEN
    const kept = logs.list();
    expect(kept.length).toBeLessThanOrEqual(11);
    expect(kept.at(-1)?.message).toBe('99');
    for (const id of [traceId(0), traceId(1)]) {
      expect(logs.list({ traceId: id })).toEqual(kept.filter((entry) => entry.traceId === id));
    }
  });
});

test('renderLogLines writes one aligned line per entry, without what could control a terminal', () => {
  const { traceId: _none, ...untraced } = log('storage', undefined, 1_500, 'a\nb\u001B[2Jc', {
    severity: 'WARNING',
  });
  const lines = renderLogLines([log('gateway', 'a1', 12, 'accepted'), untraced], { colour: false });
  expect(lines.split('\n')).toEqual([
    '09:30:00.012  gateway  INFO      4bf92f35  accepted',
    '09:30:01.500  storage  WARNING             a b [2Jc',
  ]);
});
