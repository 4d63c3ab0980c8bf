import type { Attributes, Context, Span } from '@opentelemetry/api';
import { context, SpanKind, trace } from './api';
import { DEADLINE_MS } from './attributes';
import { Deadline, getDeadline, remainingMs } from './deadline';
import { recordGeminiFailure } from './gemini-failure';
import { STREAM_ABANDONED } from './gen-ai-attributes';
import { reportProblem } from './telemetry-problems';
import { getTracer } from './tracer';
import { untilAborted } from './until-aborted';

/** Allowed where the request has no deadline, in milliseconds: after 20 minutes Google ends a stream by itself. */
const MAX_CALL_MS = 20 * 60_000;

/**
 * One call of a model: its span, and the deadline that ends it whatever the SDK is doing. The SDK knows no limit for a
 * whole call: its `timeout` is for each attempt, its pauses between attempts cannot be cancelled.
 */
export class GeminiCall {
  readonly #controller = new AbortController();
  readonly #span: Span;
  readonly #context: Context;
  readonly #deadline: Deadline;
  #describe: (() => Attributes) | undefined;
  #ended = false;

  /** Aborts at the deadline, by the caller's own signal, and when a stream is left alone. */
  readonly signal: AbortSignal;

  /**
   * @param name of the span.
   * @param attributes known before the call, so that a sampler sees them.
   * @param callerSignal the `abortSignal` that the caller gave the SDK.
   */
  constructor(name: string, attributes: Attributes, callerSignal: AbortSignal | undefined) {
    const active = context.active();
    this.#deadline = new Deadline(name, MAX_CALL_MS, getDeadline(active));
    const limits = [this.#deadline.signal, this.#controller.signal];
    this.signal = AbortSignal.any(callerSignal ? [...limits, callerSignal] : limits);
    this.signal.addEventListener('abort', this.#abort, { once: true });
    this.#span = getTracer().startSpan(name, {
      kind: SpanKind.CLIENT,
      attributes: { ...attributes, [DEADLINE_MS]: remainingMs() },
    });
    this.#context = trace.setSpan(active, this.#span);
  }

  /**
   * Does a part of the call below its span. A failure ends the span.
   *
   * @throws what `work` does, or the signal's reason as soon as it aborts.
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      if (this.#deadline.remainingMs === 0) throw this.#deadline.error();
      return await untilAborted(this.signal, () => context.with(this.#context, work));
    } catch (error) {
      const reason: unknown = this.signal.aborted ? this.signal.reason : error;
      this.#fail(reason);
      throw reason;
    }
  }

  /** Adds what `read` says to the span. What it throws is reported: the call goes on. */
  describe(read: () => Attributes): void {
    try {
      this.#span.setAttributes(read());
    } catch (error) {
      reportProblem(error);
    }
  }

  /** Has `read` describe the call when it ends, however it does. */
  describeAtEnd(read: () => Attributes): void {
    this.#describe = read;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.signal.removeEventListener('abort', this.#abort);
    this.#deadline.release();
    if (this.#describe) this.describe(this.#describe);
    this.#span.end();
  }

  /** Ends a call whose consumer wants no more, and closes its connection, which the SDK would keep reading. */
  abandon(): void {
    if (this.#ended) return;
    this.#span.setAttribute(STREAM_ABANDONED, true);
    this.end();
    this.#controller.abort();
  }

  readonly #abort = (): void => this.#fail(this.signal.reason);

  #fail(error: unknown): void {
    if (this.#ended) return;
    recordGeminiFailure(this.#span, error, this.signal.aborted);
    this.end();
  }
}
