import { log } from '../../../services/telemetry/log';
import { SpanLosses } from '../../../services/telemetry/span-losses';

describe('losses', () => {
  const warned: string[] = [];
  const told: string[] = [];
  beforeEach(() => {
    jest.useFakeTimers({ now: 0 });
    warned.length = 0;
    told.length = 0;
    jest
      .spyOn(log, 'warn')
      .mockImplementation((_fields: unknown, text?: string) => void warned.push(text ?? ''));
    jest
      .spyOn(log, 'info')
      .mockImplementation((_fields: unknown, text?: string) => void told.push(text ?? ''));
  });
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  test('are told in one line per minute at most, each with the numbers so far', () => {
    const losses = new SpanLosses();
    for (let second = 0; second < 180; second += 1) {
      losses.drop('queue full', 10);
      jest.advanceTimersByTime(1_000);
    }
    expect(warned).toEqual([
      'spans dropped: 10 (queue full 10)',
      'spans dropped: 610 (queue full 610)',
      'spans dropped: 1210 (queue full 1210)',
    ]);
  });

  test('are told by the shutdown at once, by reason, and only if there are new ones', () => {
    const losses = new SpanLosses();
    losses.drop('export failed', 2);
    losses.drop('queue full', 1);
    losses.cut('texts', 4);
    losses.report();
    losses.report();
    jest.runAllTimers();
    expect(warned).toEqual([
      'spans dropped: 3 (export failed 2, queue full 1); cut to what the destination takes: texts 4',
    ]);
  });

  test('of text alone are no warning', () => {
    const losses = new SpanLosses();
    losses.cut('texts', 4);
    losses.report();
    expect([warned, told]).toEqual([[], ['cut to what the destination takes: texts 4']]);
  });

  test('that there are none of are not mentioned', () => {
    new SpanLosses().report();
    expect([...warned, ...told]).toEqual([]);
  });
});
