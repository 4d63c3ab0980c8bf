import type { core, tracing } from '@opentelemetry/sdk-node';
import { exportOnce, failed } from './export-once';
import { within } from './within';

/**
 * How long one export may take, retries included, in milliseconds: less than the shutdown may, so that the reason of a
 * failure is still reported. Google's exporter itself has no limit.
 */
export const EXPORT_TIMEOUT_MS = 4_500;

/**
 * An exporter that is loaded when the first spans are sent, so that its code does not delay the start of a service, and
 * that knows what is under way: `forceFlush` and `shutdown` wait for it, which neither the batch processor nor Google's
 * exporter does. It contains whatever the loaded exporter does: throwing, rejecting, or never answering.
 */
export class LazyExporter implements tracing.SpanExporter {
  readonly #load: () => Promise<tracing.SpanExporter>;
  #loaded: Promise<tracing.SpanExporter> | undefined;
  readonly #underWay = new Set<Promise<void>>();

  constructor(load: () => Promise<tracing.SpanExporter>) {
    this.#load = load;
  }

  export(spans: tracing.ReadableSpan[], done: (result: core.ExportResult) => void): void {
    const sending = this.#answer(spans, done).finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }

  async forceFlush(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async shutdown(): Promise<void> {
    await this.forceFlush();
    await (await this.#loaded)?.shutdown();
  }

  async #answer(spans: tracing.ReadableSpan[], done: (result: core.ExportResult) => void): Promise<void> {
    const late = `no answer from the exporter within ${EXPORT_TIMEOUT_MS} ms`;
    done(await within(EXPORT_TIMEOUT_MS, this.#send(spans), late).catch(failed));
  }

  async #send(spans: tracing.ReadableSpan[]): Promise<core.ExportResult> {
    return exportOnce(await this.#exporter(), spans);
  }

  async #exporter(): Promise<tracing.SpanExporter> {
    this.#loaded ??= this.#load();
    try {
      return await this.#loaded;
    } catch (error) {
      this.#loaded = undefined;
      throw error;
    }
  }
}
