import { core, type tracing } from '@opentelemetry/sdk-node';
import { log } from '../../../services/telemetry/log';
import { RetryingExporter } from '../../../services/telemetry/retrying-exporter';

const { SUCCESS, FAILED } = core.ExportResultCode;

/** An exporter that answers with these status codes in turn, then with success; `calls` are the times of its calls. */
function answering(...codes: number[]): { exporter: tracing.SpanExporter; calls: number[] } {
  const calls: number[] = [];
  const exporter: tracing.SpanExporter = {
    export: (_spans, done) => {
      calls.push(performance.now());
      const code = codes.shift();
      if (code === undefined) return done({ code: SUCCESS });
      done({ code: FAILED, error: Object.assign(new Error(`status ${code}`), { code }) });
    },
    shutdown: () => Promise.resolve(),
  };
  return { exporter, calls };
}

const exportTo = (exporter: RetryingExporter): Promise<core.ExportResult> =>
  new Promise((resolve) => exporter.export([], resolve));

beforeEach(() => {
  jest.useFakeTimers({ now: 0 });
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

describe('an export that fails', () => {
  test.each<[string, number, number]>([
    ['UNAVAILABLE', 14, 5],
    ['RESOURCE_EXHAUSTED', 8, 5],
    ['DEADLINE_EXCEEDED', 4, 5],
    ['503', 503, 5],
    ['429', 429, 5],
    ['INVALID_ARGUMENT', 3, 1],
    ['400', 400, 1],
    ['INTERNAL', 13, 1],
    ['PERMISSION_DENIED', 7, 1],
    ['403', 403, 1],
  ])('with %s for ever is tried as often as its kind is worth', async (_case, code, attempts) => {
    log.level = 'silent';
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
    const { exporter, calls } = answering(...Array.from({ length: 9 }, () => code));
    const result = exportTo(new RetryingExporter(exporter, { retries: true, remedy: 'grant it' }));
    await jest.runAllTimersAsync();
    expect((await result).code).toBe(FAILED);
    expect(calls).toHaveLength(attempts);
  });

  test.each([
    ['no wait', 0, [0, 0, 0, 0, 0]],
    ['half of the bounds', 0.5, [0, 125, 375, 875, 1_875]],
    ['the bounds, and ends before the export does', 1, [0, 250, 750, 1_750]],
  ])('is tried again after a random time: %s', async (_case, random, times) => {
    jest.spyOn(Math, 'random').mockReturnValue(random);
    const { exporter, calls } = answering(14, 14, 14, 14, 14);
    const result = exportTo(new RetryingExporter(exporter, { retries: true, remedy: '' }));
    await jest.runAllTimersAsync();
    await result;
    expect(calls.map((time) => Math.round(time))).toEqual(times);
  });

  test('is not tried again where the exporter does so itself', async () => {
    const { exporter, calls } = answering(503);
    const result = exportTo(new RetryingExporter(exporter, { retries: false, remedy: '' }));
    await jest.runAllTimersAsync();
    expect((await result).code).toBe(FAILED);
    expect(calls).toHaveLength(1);
  });

  test('because the exporter throws is a failure like others', async () => {
    const exporter: tracing.SpanExporter = {
      export: () => {
        throw new Error('broken');
      },
      shutdown: () => Promise.resolve(),
    };
    const result = exportTo(new RetryingExporter(exporter, { retries: true, remedy: '' }));
    await expect(result).resolves.toMatchObject({ code: FAILED, error: { message: 'broken' } });
  });
});

test('after a denial nothing is sent for five minutes; it is told once until it has worked again', async () => {
  const told = jest.spyOn(log, 'error').mockImplementation(() => {});
  const { exporter, calls } = answering(7, 7);
  const retrying = new RetryingExporter(exporter, { retries: true, remedy: 'grant roles/x on p' });
  const result = async (): Promise<core.ExportResultCode> => (await exportTo(retrying)).code;
  // GIVEN a denial
  expect(await result()).toBe(FAILED);
  // WHEN spans come within five minutes, THEN they are not sent
  jest.advanceTimersByTime(299_999);
  expect(await result()).toBe(FAILED);
  expect(calls).toHaveLength(1);
  // WHEN they are over, THEN it is tried again, and the second denial is not told
  jest.advanceTimersByTime(1);
  expect(await result()).toBe(FAILED);
  expect(calls).toHaveLength(2);
  expect(told).toHaveBeenCalledTimes(1);
  expect(told.mock.calls[0]?.[1]).toContain('grant roles/x on p');
  // WHEN the role is granted, THEN spans are sent
  jest.advanceTimersByTime(300_000);
  expect([await result(), await result()]).toEqual([SUCCESS, SUCCESS]);
});
