import { core, type tracing } from '@opentelemetry/sdk-node';
import { failureKind, PermissionDeniedError, retryAfterMs, serverText } from './export-failure';
import { exportOnce, failed } from './export-once';
import { EXPORT_TIMEOUT_MS } from './lazy-exporter';
import { log } from './log';

/** Attempts in all, as the OTLP exporter makes at most (its `MAX_ATTEMPTS`). */
const MAX_ATTEMPTS = 5;

/** Bounds of the wait before the second attempt, and of every wait; the wait itself is random below it ("full jitter"). */
const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 2_000;

/** An attempt that has less time than this is not begun. */
const MIN_ATTEMPT_MS = 1_000;

/** How long nothing is sent after a refusal that only an administrator can change. */
const PERMISSION_BACKOFF_MS = 5 * 60_000;

export interface RetryingExporterOptions {
  /** Whether transient failures are tried again here; false where the exporter itself does. */
  readonly retries: boolean;
  /** What is missing when permission is denied, as an instruction: `grant ... on ...`. */
  readonly remedy: string;
}

/**
 * Decides what becomes of a failed export: what may pass is tried again within the bounds of one export, what the
 * server calls invalid is dropped, and where the account lacks permission nothing is sent for five minutes.
 */
export class RetryingExporter implements tracing.SpanExporter {
  readonly #exporter: tracing.SpanExporter;
  readonly #options: RetryingExporterOptions;
  #blockedUntil = Number.NEGATIVE_INFINITY;
  #told = false;

  constructor(exporter: tracing.SpanExporter, options: RetryingExporterOptions) {
    this.#exporter = exporter;
    this.#options = options;
  }

  export(spans: tracing.ReadableSpan[], done: (result: core.ExportResult) => void): void {
    void this.#answer(spans, done);
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  async #answer(spans: tracing.ReadableSpan[], done: (result: core.ExportResult) => void): Promise<void> {
    done(await this.#run(spans));
  }

  async #run(spans: tracing.ReadableSpan[]): Promise<core.ExportResult> {
    if (performance.now() < this.#blockedUntil) {
      return failed(new PermissionDeniedError('not sent: permission was denied a short while ago'));
    }
    const result = await this.#attempts(spans);
    if (result.code === core.ExportResultCode.SUCCESS) this.#told = false;
    const { error } = result;
    if (!error) return result;
    const kind = failureKind(error);
    if (kind === 'permission') return failed(this.#deny(error));
    if (kind !== 'invalid') return result;
    return failed(Object.assign(new Error(`spans refused as invalid: ${serverText(error)}`), { code: 3 }));
  }

  async #attempts(spans: tracing.ReadableSpan[]): Promise<core.ExportResult> {
    const deadline = performance.now() + EXPORT_TIMEOUT_MS;
    for (let attempt = 1; ; attempt += 1) {
      const result = await exportOnce(this.#exporter, spans).catch(failed);
      const again =
        this.#options.retries && attempt < MAX_ATTEMPTS && failureKind(result.error) === 'transient';
      if (!again) return result;
      const backoffMs = Math.random() * Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1));
      const waitMs = retryAfterMs(result.error) ?? backoffMs;
      if (performance.now() + waitMs + MIN_ATTEMPT_MS > deadline) return result;
      // Not unref'd: at the end of a process nothing else may keep it alive until then.
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  #deny(error: Error): PermissionDeniedError {
    this.#blockedUntil = performance.now() + PERMISSION_BACKOFF_MS;
    const message = `spans refused: ${serverText(error)}; ${this.#options.remedy}`;
    if (!this.#told) log.error({}, `${message}. Spans are dropped; trying again every 5 minutes`);
    this.#told = true;
    return new PermissionDeniedError(message, { cause: error });
  }
}
