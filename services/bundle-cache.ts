import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Code that runs without `node_modules`, named after its content. */
export interface Bundle {
  /** Absolute path of the directory. */
  readonly directory: string;
  /** First 16 hex digits of the SHA-256 of what is in it: the same code is the same bundle, wherever it is made. */
  readonly hash: string;
}

/** What a bundle was made of, by path, as far as it shows whether that has changed: size and time of modification. */
interface Manifest {
  readonly hash: string;
  readonly inputs: Readonly<Record<string, string>>;
}

/**
 * The latest bundle of one entry point, in a directory of its own. Bundling takes half a second, looking whether
 * anything has changed some milliseconds.
 */
export class BundleCache {
  readonly #outDir: string;
  readonly #manifestFile: string;

  constructor(outDir: string, entry: string) {
    this.#outDir = join(outDir, `${basename(dirname(entry))}-${sha256([entry])}`);
    this.#manifestFile = join(this.#outDir, 'manifest.json');
  }

  /** The bundle, if it is there and nothing it was made of has changed since. */
  read(): Bundle | undefined {
    const manifest = this.#readManifest();
    if (!manifest) return undefined;
    const directory = join(this.#outDir, manifest.hash);
    const isFresh = Object.entries(manifest.inputs).every(([path, stamp]) => stampOf(path) === stamp);
    return isFresh && existsSync(directory) ? { directory, hash: manifest.hash } : undefined;
  }

  /**
   * Keeps a new bundle in place of the one before.
   *
   * @param files content by relative path.
   * @param inputs absolute paths of what it was made of.
   */
  write(files: ReadonlyMap<string, Uint8Array>, inputs: readonly string[]): Bundle {
    const hash = sha256([...files].flat());
    const directory = join(this.#outDir, hash);
    const before = this.#readManifest()?.hash ?? hash;
    mkdirSync(this.#outDir, { recursive: true });
    // Made aside and moved, so that another process never sees a part of it.
    const aside = mkdtempSync(join(this.#outDir, 'new-'));
    for (const [path, content] of files) {
      const target = join(aside, 'bundle', path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, content);
    }
    const stamps = Object.fromEntries(inputs.map((path) => [path, stampOf(path)]));
    writeFileSync(join(aside, 'manifest'), JSON.stringify({ hash, inputs: stamps } satisfies Manifest));
    if (!existsSync(directory)) moveUnlessThere(join(aside, 'bundle'), directory);
    renameSync(join(aside, 'manifest'), this.#manifestFile);
    rmSync(aside, { recursive: true });
    if (before !== hash) rmSync(join(this.#outDir, before), { recursive: true, force: true });
    return { directory, hash };
  }

  #readManifest(): Manifest | undefined {
    try {
      const manifest: Manifest = JSON.parse(readFileSync(this.#manifestFile, 'utf8'));
      return manifest;
    } catch {
      // There is none yet, or nothing that can be read; then it is made anew.
      return undefined;
    }
  }
}

function moveUnlessThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    // Another process was faster, with the same content.
    if (!existsSync(to)) throw error;
  }
}

function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? `${stat.size} ${stat.mtimeMs}` : 'gone';
}

/** Parts are told apart by a NUL, which no path contains. */
function sha256(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 16);
}
