import type { SpanContext } from '@opentelemetry/api';
import type { tracing } from '@opentelemetry/sdk-node';
import { DebugLines } from './debug-lines';

/**
 * Where a span's own context holds its trace. A child knows its parent's context by reference, so a trace and its decision
 * are remembered exactly as long as something can still record in it. A WeakMap would do the same at five times the cost.
 */
const LOCAL_TRACE = Symbol('local trace');

type TracedSpanContext = SpanContext & { [LOCAL_TRACE]?: LocalTrace };

/** What one process records of a trace below one local root: a span whose parent is in another process, or absent. */
export class LocalTrace {
  /** The trace of a span that is recorded and not sampled. */
  static of(spanContext: SpanContext): LocalTrace | undefined {
    const traced: TracedSpanContext = spanContext;
    return traced[LOCAL_TRACE];
  }

  /** Makes a span a part of its local parent's trace, or the root of one. */
  static join(spanContext: SpanContext, parent: SpanContext | undefined): void {
    const traced: TracedSpanContext = spanContext;
    const local = parent === undefined || parent.isRemote === true ? undefined : LocalTrace.of(parent);
    traced[LOCAL_TRACE] = local ?? new LocalTrace(spanContext);
  }

  readonly root: SpanContext;
  /** Spans that have ended and wait for the decision, oldest first. */
  waiting: tracing.ReadableSpan[] = [];
  waitingBytes = 0;
  /** Since when spans wait, on the monotonic clock, in milliseconds. */
  waitingSince = 0;
  #decision: 'keep' | 'drop' | undefined;
  #debugLines: DebugLines | undefined;

  private constructor(root: SpanContext) {
    this.root = root;
  }

  /** Follows from the local root, or from the first span that makes the trace worth keeping; then it stands. */
  get decision(): 'keep' | 'drop' | undefined {
    return this.#decision;
  }

  /** Decides, and with it about the debug lines that wait. */
  decide(decision: 'keep' | 'drop'): void {
    this.#decision = decision;
    if (decision === 'keep') this.#debugLines?.write();
    this.#debugLines = undefined;
  }

  /** Writes a debug line if the trace is kept, and lets it wait where that is not decided. */
  debug(line: string, write: (line: string) => void): void {
    if (this.#decision === 'keep') return write(line);
    if (this.#decision === 'drop') return;
    this.#debugLines ??= new DebugLines(write);
    this.#debugLines.add(line);
  }
}
