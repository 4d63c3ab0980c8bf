import { core, type tracing } from '@opentelemetry/sdk-node';
import { LazyExporter } from '../../../services/telemetry/lazy-exporter';
import { Gate } from './gate';

const { SUCCESS, FAILED } = core.ExportResultCode;
type Export = tracing.SpanExporter['export'];

function lazy(exporting: Export, shutdown = () => Promise.resolve()): LazyExporter {
  return new LazyExporter(() => Promise.resolve({ export: exporting, shutdown }));
}

const exportOnce = (exporter: LazyExporter): Promise<core.ExportResult> =>
  new Promise((resolve) => exporter.export([], resolve));

describe('a lazily loaded exporter', () => {
  test('is loaded by the first export, and once', async () => {
    let loads = 0;
    const exporter = new LazyExporter(async () => {
      loads += 1;
      return { export: (_spans, done) => done({ code: SUCCESS }), shutdown: () => Promise.resolve() };
    });
    expect(loads).toBe(0);
    await Promise.all([exportOnce(exporter), exportOnce(exporter)]);
    expect(loads).toBe(1);
  });

  test('is not loaded by a shutdown without spans', async () => {
    const exporter = new LazyExporter(() => Promise.reject(new Error('loaded')));
    await expect(exporter.shutdown()).resolves.toBeUndefined();
  });

  test('that cannot be loaded fails the export, and is tried again by the next', async () => {
    let working = false;
    const exporter = new LazyExporter(async () => {
      if (!working) throw new Error('no such module');
      return { export: (_spans, done) => done({ code: SUCCESS }), shutdown: () => Promise.resolve() };
    });
    expect(await exportOnce(exporter)).toMatchObject({ code: FAILED, error: { message: 'no such module' } });
    working = true;
    expect(await exportOnce(exporter)).toEqual({ code: SUCCESS });
  });

  test.each<[string, Export]>([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    // Declared to return nothing, but Google's exporter is an async function.
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['fails', (_spans, done) => done({ code: FAILED, error: new Error('broken') })],
  ])('that %s is a failed export, nothing more', async (_case, exporting) => {
    expect(await exportOnce(lazy(exporting))).toMatchObject({ code: FAILED, error: { message: 'broken' } });
  });

  test('that answers twice is heard once', async () => {
    const results: core.ExportResult[] = [];
    const exporter = lazy((_spans, done) => {
      done({ code: SUCCESS });
      done({ code: FAILED });
    });
    exporter.export([], (result) => results.push(result));
    await exporter.forceFlush();
    expect(results).toEqual([{ code: SUCCESS }]);
  });

  test('that never answers fails by itself', async () => {
    expect(await exportOnce(lazy(() => {}))).toMatchObject({
      code: FAILED,
      error: { message: 'no answer from the exporter within 4500 ms' },
    });
  });

  test.each(['forceFlush', 'shutdown'] as const)('is waited for by %s while it sends', async (method) => {
    // GIVEN an export under way
    const gate = new Gate();
    const events: string[] = [];
    const shutdown = async (): Promise<void> => {
      events.push('shut down');
    };
    let answer: (() => void) | undefined;
    const exporter = lazy((_spans, done) => {
      answer = () => done({ code: SUCCESS });
      gate.open();
    }, shutdown);
    exporter.export([], () => events.push('exported'));
    await gate.opened;
    // WHEN it is flushed, and the answer comes then
    const flushed = exporter[method]();
    answer?.();
    await flushed;
    // THEN
    expect(events).toEqual(method === 'shutdown' ? ['exported', 'shut down'] : ['exported']);
  });
});
