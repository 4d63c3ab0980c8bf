/** As many characters as wait for one request, about 20 KiB: 80 requests of an instance then hold less than 2 MiB. */
const MAX_CHARACTERS = 20_480;

/** Debug lines of one request that wait for the decision about its trace; where there are too many, the oldest go. */
export class DebugLines {
  readonly #write: (line: string) => void;
  readonly #lines: string[] = [];
  #characters = 0;
  #dropped = 0;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  add(line: string): void {
    this.#lines.push(line);
    this.#characters += line.length;
    while (this.#characters > MAX_CHARACTERS) {
      this.#characters -= this.#lines.shift()?.length ?? 0;
      this.#dropped += 1;
    }
  }

  /** Writes what waits, after a line that says how many had to go. */
  write(): void {
    if (this.#dropped > 0) {
      const message = `${this.#dropped} debug lines of a kept request did not fit into ${MAX_CHARACTERS} characters`;
      this.#write(`${JSON.stringify({ severity: 'DEBUG', message, timestamp: new Date().toISOString() })}\n`);
    }
    for (const line of this.#lines) this.#write(line);
  }
}
