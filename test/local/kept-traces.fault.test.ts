import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeptTraces } from '../../local/kept-traces';
import { LogStore } from '../../local/logging/log-store';
import { TraceJournal } from '../../local/trace/trace-journal';
import { TraceStore } from '../../local/trace/trace-store';
import { LOGS, log, span, SPANS, TRACE_ID } from './trace/pipeline-trace';

let directory: string;
let problems: unknown[];
const open: KeptTraces[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'traces-'));
  problems = [];
});
afterEach(() => {
  for (const kept of open.splice(0)) kept.dispose();
  rmSync(directory, { recursive: true, force: true });
});

function start(traces = new TraceStore()): { traces: TraceStore; logs: LogStore; kept: KeptTraces } {
  const logs = new LogStore();
  const kept = new KeptTraces({ directory, traces, logs, onProblem: (problem) => problems.push(problem) });
  open.push(kept);
  return { traces, logs, kept };
}

function files(): string[] {
  return readdirSync(directory).toSorted();
}

function traceOf(index: number): string {
  return index.toString(16).padStart(32, '0');
}

it('has after a restart what it had before, with its logs, and goes on from there', () => {
  // GIVEN
  const first = start();
  first.traces.add(SPANS);
  const { traceId: _, ...ofNoTrace } = log('s', undefined, 1, 'of no trace');
  for (const entry of [...LOGS, ofNoTrace]) first.kept.append(entry);
  first.kept.dispose();
  // WHEN
  const second = start();
  second.traces.add([span('a', undefined, 's', 'n', [0, 1], { traceId: traceOf(1) })]);
  second.kept.dispose();
  const third = start();
  // THEN
  expect(third.traces.trace(TRACE_ID)?.spans).toEqual(SPANS);
  expect(third.logs.list()).toEqual(LOGS);
  expect(third.traces.list().map(({ traceId }) => traceId)).toEqual([traceOf(1), TRACE_ID]);
  expect(problems).toEqual([]);
});

it('does not keep what the store refuses', () => {
  const limits = { traces: 10, spans: 10, spansPerTrace: 2 };
  const first = start(new TraceStore(limits));
  expect(first.traces.add(SPANS)).toBe(SPANS.length - 2);
  expect(start().traces.trace(TRACE_ID)?.spans).toEqual(SPANS.slice(0, 2));
});

it('has nothing after it was cleared, also when it was killed in the middle of that', () => {
  // GIVEN
  const first = start();
  first.traces.add(SPANS);
  for (const entry of LOGS) first.kept.append(entry);
  const [old = ''] = files();
  const content = readFileSync(join(directory, old));
  // WHEN
  first.kept.clear();
  expect(first.traces.list()).toEqual([]);
  expect(first.logs.list()).toEqual([]);
  writeFileSync(join(directory, old), content);
  // THEN
  const second = start();
  expect(second.traces.list()).toEqual([]);
  expect(second.logs.list()).toEqual([]);
  expect(files()).not.toContain(old);
});

it('drops a last record that was cut off, says so, and keeps all others and what comes after', () => {
  // GIVEN
  const first = start();
  for (const index of [1, 2, 3]) {
    first.traces.add([span('a', undefined, 's', 'n', [0, 1], { traceId: traceOf(index) })]);
  }
  first.kept.dispose();
  const file = join(directory, files()[0] ?? '');
  truncateSync(file, statSync(file).size - 7);
  // WHEN
  const second = start();
  // THEN
  expect(second.traces.list().map(({ traceId }) => traceId)).toEqual([traceOf(2), traceOf(1)]);
  expect(problems).toEqual([expect.stringMatching(/^the last record in .*00000001\.jsonl was cut off/)]);
  // WHEN
  second.traces.add([span('a', undefined, 's', 'n', [0, 1], { traceId: traceOf(4) })]);
  second.kept.dispose();
  // THEN
  expect(start().traces.list()).toHaveLength(3);
  expect(problems).toHaveLength(1);
});

it('skips a record that is none, and says so', () => {
  const first = start();
  first.traces.add(SPANS);
  first.kept.dispose();
  const file = join(directory, files()[0] ?? '');
  appendFileSync(file, '{"spans":[{"traceId":"x","startUnixNano":"soon"}]}\nno JSON\n');
  const { traces } = start();
  expect(traces.list()).toHaveLength(1);
  expect(problems).toEqual([
    expect.stringMatching(/^a record in .* is skipped: SyntaxError/),
    expect.stringMatching(/^a record in .* is skipped: SyntaxError/),
  ]);
});

it('says once that the disk takes nothing, and goes on in memory', () => {
  const { traces } = start();
  rmSync(directory, { recursive: true });
  const name = 'x'.repeat(5 * 1024 * 1024);
  for (const id of ['a', 'b', 'c']) traces.add([span(id, undefined, 's', name, [0, 1])]);
  expect(traces.trace(TRACE_ID)?.spans).toHaveLength(3);
  expect(problems).toEqual(['traces are no longer kept on disk']);
});

it('stays within its bytes on disk, and in memory too, without leaving half a trace', () => {
  // GIVEN
  const limits = { segmentBytes: 2_000, totalBytes: 10_000 };
  const traces = new TraceStore();
  const logs = new LogStore();
  const openJournal = (store: TraceStore): TraceJournal =>
    new TraceJournal({
      directory,
      limits,
      onSpans: (spans) => store.add(spans),
      onLog: (entry) => logs.append(entry),
      onForgotten: (traceIds) => store.forget(traceIds),
      onCleared: () => store.clear(),
      onProblem: (problem) => problems.push(problem),
    });
  const journal = openJournal(traces);
  traces.onAdded((spans) => journal.appendSpans(spans));
  // WHEN every trace comes in two parts, the second one long after the first
  for (let index = 1; index < 300; index += 1) {
    traces.add([span('a', undefined, 's', 'n', [0, 1], { traceId: traceOf(index) })]);
    if (index > 3) traces.add([span('b', 'a', 's', 'n', [0, 1], { traceId: traceOf(index - 3) })]);
    const bytes = files().reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
    expect(bytes).toBeLessThan(limits.totalBytes + 2 * limits.segmentBytes);
  }
  journal.dispose();
  // THEN
  const again = new TraceStore();
  openJournal(again).dispose();
  expect(again.list()).toEqual(traces.list());
  expect(again.list().length).toBeGreaterThan(5);
  expect(again.list().length).toBeLessThan(60);
  const whole = again.list().slice(3, -4);
  expect(whole.filter(({ spanCount }) => spanCount !== 2)).toEqual([]);
});

it('has everything that it acknowledged before it was killed in the middle of writing', async () => {
  // GIVEN a process of its own that takes spans over HTTP
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', require.resolve('./trace/keep-traces'), directory],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exited = once(child, 'exit');
  const [chunk] = await once(child.stdout, 'data');
  const url = String(chunk).trim();
  const acknowledged: string[] = [];
  let next = 1;
  const send = async (): Promise<void> => {
    for (;;) {
      const traceId = traceOf(next++);
      const spans = ['1', '2', '3'].map((id) => ({
        traceId,
        spanId: id.padStart(16, '0'),
        name: 'x'.repeat(2_000),
        startTimeUnixNano: '1',
        endTimeUnixNano: '2',
      }));
      const response = await fetch(`${url}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
      });
      await response.text();
      acknowledged.push(traceId);
      if (acknowledged.length === 200) child.kill('SIGKILL');
    }
  };
  // WHEN several senders are at it, and it is killed
  const ended = await Promise.allSettled([send(), send(), send(), send()]);
  await exited;
  // THEN
  expect(ended.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'rejected']);
  const { traces } = start();
  const missing = acknowledged.filter((traceId) => traces.trace(traceId)?.spans.length !== 3);
  expect(missing).toEqual([]);
}, 60_000);
