import { once } from 'node:events';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import {
  Deadline,
  DeadlineExceededError,
  deadlineSignal,
  parseDeadlineMs,
  remainingMs,
  setDeadline,
} from '../../../services/telemetry/deadline';
import { traceThisProcess, type TracedProcess } from './traced-process';

describe('a deadline', () => {
  let traced: TracedProcess;
  beforeAll(() => {
    traced = traceThisProcess();
  });
  afterAll(() => traced.stop());

  test('is absent unless it was set', () => {
    expect(remainingMs()).toBeUndefined();
    expect(deadlineSignal()).toBeUndefined();
  });

  test('is there in everything that its context runs', async () => {
    await context.with(setDeadline(ROOT_CONTEXT, new Deadline('The request', 60_000)), async () => {
      await new Promise(setImmediate);
      expect(remainingMs()).toBeGreaterThan(50_000);
      expect(remainingMs()).toBeLessThanOrEqual(60_000);
      expect(deadlineSignal()?.aborted).toBe(false);
    });
    expect(remainingMs()).toBeUndefined();
  });

  test('aborts its one signal with an error that says what took too long', async () => {
    const deadline = new Deadline('The request', 5);
    const { signal } = deadline;
    expect(deadline.signal).toBe(signal);
    await once(signal, 'abort');
    expect(deadline.remainingMs).toBe(0);
    expect(signal.reason).toBeInstanceOf(DeadlineExceededError);
    expect(signal.reason).toMatchObject({ deadlineMs: 5, message: 'The request was not done within 5 ms' });
  });

  test('does not abort before its time although the process was busy when it began', async () => {
    // GIVEN an event loop that has not looked at its clock for a while
    const busyUntil = performance.now() + 30;
    while (performance.now() < busyUntil);

    // WHEN
    const deadline = new Deadline('The request', 20);
    const begunAt = performance.now();
    await once(deadline.signal, 'abort');

    // THEN
    expect(performance.now() - begunAt).toBeGreaterThanOrEqual(19);
  });

  test('does not abort once the work is done', async () => {
    const released = new Deadline('The request', 5);
    const later = new Deadline('Another', 20);
    released.signal.throwIfAborted();
    released.release();
    await once(later.signal, 'abort');
    expect(released.signal.aborted).toBe(false);
  });
});

describe('a deadline on the wire', () => {
  test.each([
    ['1', 1],
    ['1000', 1_000],
    ['3600000', 3_600_000],
  ])('%j is %d ms', (text, ms) => {
    expect(parseDeadlineMs(text)).toBe(ms);
  });

  test.each([
    '',
    '0',
    '00',
    '01',
    '-1',
    '+1',
    '1.5',
    '1e3',
    '0x10',
    ' 1',
    '1 ',
    '1, 2',
    '3600001',
    '10000000',
    'NaN',
  ])('%j is none', (text) => {
    expect(parseDeadlineMs(text)).toBeUndefined();
  });
});
