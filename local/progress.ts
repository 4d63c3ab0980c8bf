/** Width used where the terminal does not tell its own. */
const DEFAULT_COLUMNS = 100;

/** One step of long work, on one line of its own. */
export interface Step {
  /** Says what is being done right now; replaces what was said before. */
  update(detail: string): void;
  done(detail: string): void;
  failed(detail: string): void;
  /** Takes the running step off the screen; what happened to it is said elsewhere. */
  abandon(): void;
}

/**
 * Shows work a step at a time. On a terminal the running step is redrawn in place; elsewhere every step is one plain
 * line, written when it ends.
 */
export class Progress {
  readonly #out: NodeJS.WriteStream;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  step(title: string): Step {
    const startedAt = performance.now();
    const label = title.padEnd(TITLE_WIDTH);
    const end = (mark: string, detail: string): void => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      this.#clearLine();
      this.#out.write(`${mark} ${label} ${detail} (${seconds} s)\n`);
    };
    this.#redraw(`… ${label}`);
    return {
      update: (detail) => this.#redraw(`… ${label} ${detail}`),
      done: (detail) => end('✔', detail),
      failed: (detail) => end('✘', detail),
      abandon: () => this.#clearLine(),
    };
  }

  /** Something that happened beside the steps; a running one is drawn again when it says something. */
  tell(title: string, detail: string): void {
    this.#clearLine();
    this.#out.write(`! ${title.padEnd(TITLE_WIDTH)} ${detail}\n`);
  }

  #redraw(line: string): void {
    if (!this.#out.isTTY) return;
    this.#clearLine();
    this.#out.write(line.slice(0, columnsOf(this.#out) - 1));
  }

  #clearLine(): void {
    if (this.#out.isTTY) this.#out.write('\r\u001B[2K');
  }
}

/** Columns to draw within: the terminal's, or a default where the output is not a terminal. */
export function columnsOf(out: NodeJS.WriteStream): number {
  // A terminal that does not know its width says 0.
  return (out.isTTY && out.columns) || DEFAULT_COLUMNS;
}

const TITLE_WIDTH = 8;
