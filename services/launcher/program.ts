import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';

/** The bundled service, in the directory of its bundle. */
export const PROGRAM = 'service/index.js';

/** V8's code cache for it, followed by a digest of both. */
const CACHE = 'service/index.cache';

const DIGEST_BYTES = 20;

/** What a bundled service stands in, as every CommonJS module does (nodejs.org/api/modules.html#the-module-wrapper). */
export const WRAPPER = ['(function (exports, require, module, __filename, __dirname) { ', '\n});'] as const;

/**
 * A bundled service, compiled with V8's code cache where a valid one lies beside it, and in the same way without. V8 takes
 * a cache only with the version and flags that it was made with, and with a source of the same length
 * (v8/src/snapshot/code-serializer.cc, SanityCheck; the processor does not matter, because there is bytecode in it and no
 * machine code). It does not check what is in it, and aborts the process over a damaged one: that is what the digest is for.
 */
export class Program {
  /** Whether there is a cache that was not used. */
  readonly hasBadCache: boolean;
  readonly #directory: string;
  readonly #script: Script;

  /** @param directory that of the bundle. */
  constructor(directory: string) {
    this.#directory = directory;
    const filename = join(directory, PROGRAM);
    const source = readFileSync(filename);
    const stored = readIfThere(join(directory, CACHE));
    const cachedData = stored && undamaged(source, stored);
    this.#script = new Script(source.toString(), {
      filename,
      ...(cachedData && { cachedData }),
    });
    this.hasBadCache = stored !== undefined && this.#script.cachedDataRejected !== false;
  }

  /** Runs the service as `main`, whose file is in the directory of the bundle. */
  run(main: NodeJS.Module, requireOfMain: NodeJS.Require): void {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what WRAPPER makes of it
    const wrapper = this.#script.runInThisContext() as (...args: unknown[]) => void;
    wrapper.call(main.exports, main.exports, requireOfMain, main, main.filename, this.#directory);
  }

  /** Stores all code that V8 has compiled by now, for the next start; returns how many bytes that is. */
  writeCache(): number {
    const cache = this.#script.createCachedData();
    const file = join(this.#directory, CACHE);
    const stored = Buffer.concat([cache, digest(readFileSync(join(this.#directory, PROGRAM)), cache)]);
    // Made aside and moved, so that no process ever reads a part of it.
    writeFileSync(`${file}.new`, stored);
    renameSync(`${file}.new`, file);
    return cache.length;
  }
}

function undamaged(source: Buffer, stored: Buffer): Buffer | undefined {
  const at = Math.max(0, stored.length - DIGEST_BYTES);
  const cache = stored.subarray(0, at);
  return stored.subarray(at).equals(digest(source, cache)) ? cache : undefined;
}

/** SHA-1, the fastest there is where processors compute it; the services' packages load `crypto` anyway. */
function digest(source: Buffer, cache: Buffer): Buffer {
  return createHash('sha1').update(source).update(cache).digest();
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    // None was made, which is well.
    return undefined;
  }
}
