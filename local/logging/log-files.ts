import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A file that is larger than this is kept once as `NAME.log.1`, and a new one is begun. */
const ROTATE_AT_BYTES = 8 * 1024 * 1024;

/** Keeps the lines of every service as they were written, in `DIRECTORY/SERVICE.log`. */
export class LogFiles {
  readonly #directory: string;
  readonly #rotateAtBytes: number;
  readonly #open = new Map<string, { readonly descriptor: number; bytes: number }>();

  /** Creates the directory. */
  constructor(directory: string, rotateAtBytes: number = ROTATE_AT_BYTES) {
    this.#directory = directory;
    this.#rotateAtBytes = rotateAtBytes;
    mkdirSync(directory, { recursive: true });
  }

  /** Appends a line, without its newline. Written at once, so that the file is whole when the daemon is killed. */
  append(service: string, line: string): void {
    const path = join(this.#directory, `${service}.log`);
    let file = this.#open.get(service);
    if (file && file.bytes >= this.#rotateAtBytes) {
      closeSync(file.descriptor);
      renameSync(path, `${path}.1`);
      file = undefined;
    }
    if (!file) {
      const descriptor = openSync(path, 'a');
      file = { descriptor, bytes: fstatSync(descriptor).size };
      this.#open.set(service, file);
    }
    file.bytes += writeSync(file.descriptor, `${line}\n`);
  }

  /** Closes all files. */
  dispose(): void {
    for (const { descriptor } of this.#open.values()) closeSync(descriptor);
    this.#open.clear();
  }
}
