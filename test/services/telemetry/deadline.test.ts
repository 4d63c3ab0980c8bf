import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import {
  CallerGoneError,
  Deadline,
  DeadlineExceededError,
  deadlineSignal,
  parseDeadlineMs,
  remainingMs,
  setDeadline,
  withDeadline,
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

  test('has aborted for whoever asks only after the caller has left, and begins nothing more', async () => {
    const deadline = new Deadline('The request', Number.POSITIVE_INFINITY);
    deadline.abandon();
    expect(deadline.signal.reason).toBeInstanceOf(CallerGoneError);
    const work = jest.fn();
    await context.with(setDeadline(ROOT_CONTEXT, deadline), async () => {
      await expect(withDeadline('The summary', 1_000, work)).rejects.toBeInstanceOf(CallerGoneError);
    });
    expect(work).not.toHaveBeenCalled();
  });

  test('may be waited for by any number of calls at once, of which Node.js does not warn', () => {
    // Warnings go to the standard error of a whole process.
    const script = `const { Deadline } = require('./services/telemetry/deadline');
      const request = new Deadline('The request', 60_000);
      for (let call = 0; call < 20; call += 1) new Deadline('A call', 60_000, request).signal;`;
    const options = { cwd: resolve(__dirname, '../../..'), encoding: 'utf8' } as const;
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=commonjs', '--eval', script],
      options,
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
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
