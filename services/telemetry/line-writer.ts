import type { DestinationStream } from 'pino';
import { trace, TraceFlags } from './api';
import { LocalTrace } from './local-trace';

/** Length of lines that wait for each other, at most: what a pipe takes at once (`man 7 pipe`). */
const MAX_WAITING_LENGTH = 65_536;

/** Where the lines of a process go; each ends with a line feed. */
export class LineWriter {
  readonly #output: DestinationStream;
  #waiting = '';
  #writesAtExit = false;

  constructor(output: DestinationStream) {
    this.#output = output;
  }

  /** Writes a line, behind those that wait. */
  readonly writeNow = (line: string): void => {
    this.#writeWaiting();
    this.#output.write(line);
  };

  /**
   * Writes a line with the others of this turn of the event loop, because under load a write costs more than a line. For
   * lines that do not explain why a process has ended: those must not wait.
   */
  readonly writeSoon = (line: string): void => {
    if (!this.#writesAtExit) process.once('exit', this.#writeWaiting);
    this.#writesAtExit = true;
    if (this.#waiting === '') setImmediate(this.#writeWaiting);
    this.#waiting += line;
    if (this.#waiting.length > MAX_WAITING_LENGTH) this.#writeWaiting();
  };

  /** Writes a line when the trace that it belongs to is kept. */
  readonly writeIfKept = (line: string): void => {
    const span = trace.getActiveSpan()?.spanContext();
    if (span === undefined) return;
    if (span.traceFlags & TraceFlags.SAMPLED) return this.writeNow(line);
    LocalTrace.of(span)?.debug(line, this.writeNow);
  };

  readonly #writeWaiting = (): void => {
    if (this.#waiting === '') return;
    const lines = this.#waiting;
    this.#waiting = '';
    this.#output.write(lines);
  };
}
