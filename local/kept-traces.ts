import type { LogEntry, LogStore } from './logging/log-store';
import { TraceJournal } from './trace/trace-journal';
import type { TraceStore } from './trace/trace-store';

interface KeptTracesOptions {
  /** Of the journal. */
  readonly directory: string;
  readonly traces: TraceStore;
  readonly logs: LogStore;
  /** Told what could not be read or written, and why. */
  readonly onProblem: (problem: string, error?: unknown) => void;
}

/** Traces and their log entries in memory and on disk: what one local cloud has seen, the next one of the project has too. */
export class KeptTraces {
  readonly #options: KeptTracesOptions;
  readonly #journal: TraceJournal;
  #failed = false;
  #disposed = false;

  /** Fills the stores with what the journal holds, and keeps in it what is added to them from then on. */
  constructor(options: KeptTracesOptions) {
    const { directory, traces, logs, onProblem } = options;
    this.#options = options;
    this.#journal = new TraceJournal({
      directory,
      onSpans: (spans) => traces.add(spans),
      onLog: (entry) => logs.append(entry),
      onForgotten: (traceIds) => {
        traces.forget(traceIds);
        logs.forget(traceIds);
      },
      onCleared: () => this.#clearStores(),
      onProblem,
    });
    traces.onAdded((spans) => this.#write(() => this.#journal.appendSpans(spans)));
  }

  /** Keeps the entry if it is of a trace. The caller has added it to the store. */
  append(entry: LogEntry): void {
    const { traceId } = entry;
    if (traceId !== undefined) this.#write(() => this.#journal.appendLog({ ...entry, traceId }));
  }

  clear(): void {
    this.#clearStores();
    this.#journal.clear();
  }

  /** What is added to the stores afterwards is not kept. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#journal.dispose();
  }

  #clearStores(): void {
    this.#options.traces.clear();
    this.#options.logs.clearTraces();
  }

  /** A disk that is full is no reason to stop; it is said once. */
  #write(write: () => void): void {
    if (this.#disposed) return;
    try {
      write();
    } catch (error) {
      if (!this.#failed) this.#options.onProblem('traces are no longer kept on disk', error);
      this.#failed = true;
    }
  }
}
