import { core, tracing } from '@opentelemetry/sdk-node';
import { BatchProcessor } from '../../../services/telemetry/batch-processor';
import { log } from '../../../services/telemetry/log';
import { SpanLosses } from '../../../services/telemetry/span-losses';
import { Gate } from './gate';

log.level = 'silent';

class Losses extends SpanLosses {
  readonly dropped: [string, number][] = [];
  override drop(...loss: Parameters<SpanLosses['drop']>): void {
    this.dropped.push(loss);
  }
}

type Export = tracing.SpanExporter['export'];

/** A tracer whose spans go through the processor to `exporting`. */
function through(
  exporting: Export,
  more: Partial<tracing.SpanExporter> = {},
): { losses: Losses; processor: BatchProcessor; end: () => void } {
  const losses = new Losses();
  const processor = new BatchProcessor(
    { export: exporting, shutdown: () => Promise.resolve(), ...more },
    losses,
  );
  const tracer = new tracing.BasicTracerProvider({ spanProcessors: [processor] }).getTracer('test');
  return { losses, processor, end: () => tracer.startSpan('work').end() };
}

test('a failed export counts its spans and rejects the flush', async () => {
  const { losses, processor, end } = through((_spans, done) =>
    done({ code: core.ExportResultCode.FAILED, error: new Error('broken') }),
  );
  end();
  end();
  await expect(processor.forceFlush()).rejects.toThrow('broken');
  expect(losses.dropped).toEqual([['export failed', 2]]);
});

test('a span that ends after the shutdown is counted', async () => {
  const { losses, processor, end } = through((_spans, done) => done({ code: core.ExportResultCode.SUCCESS }));
  await processor.shutdown();
  end();
  expect(losses.dropped).toEqual([['ended after shutdown', 1]]);
});

test('a failed last export does not keep the exporter from being stopped', async () => {
  let stopped = false;
  const { processor, end } = through(
    (_spans, done) => done({ code: core.ExportResultCode.FAILED, error: new Error('broken') }),
    {
      shutdown: async () => {
        stopped = true;
      },
    },
  );
  end();
  await expect(processor.shutdown()).rejects.toThrow('broken');
  expect(stopped).toBe(true);
});

test('what is queued or unanswered when it is given up is counted, and nothing twice', async () => {
  const unanswered: ((result: core.ExportResult) => void)[] = [];
  const { losses, processor, end } = through((_spans, done) => unanswered.push(done));
  end();
  end();
  const flushed = processor.forceFlush().catch(() => undefined);
  end();
  processor.giveUp();
  processor.giveUp();
  expect(losses.dropped).toEqual([['not sent in time', 3]]);
  for (const done of unanswered) done({ code: core.ExportResultCode.FAILED, error: new Error('late') });
  await flushed;
  expect(losses.dropped).toEqual([['not sent in time', 3]]);
});

test('a flush waits for what the exporter has under way', async () => {
  const gate = new Gate();
  const { processor } = through(() => {}, { forceFlush: () => gate.opened });
  let flushed = false;
  const flushing = processor.forceFlush().then(() => (flushed = true));
  await new Promise(setImmediate);
  expect(flushed).toBe(false);
  gate.open();
  await flushing;
});
