import { createHash, randomUUID } from 'node:crypto';
import { cp, mkdir, rm, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

/** A request to publish that cannot be met, in words for the person who made it. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
}

/** Container images as directories, by image URI. The program of an image is `main.js` in its directory. */
export class ImageStore {
  readonly #directory: string;
  readonly #images = new Map<string, string>();

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** An empty store that keeps its copies in `directory`; what an earlier one left there is removed. */
  static async open(directory: string): Promise<ImageStore> {
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    return new ImageStore(directory);
  }

  /**
   * Copies `source` (absolute) and makes the copy the image `uri`. An earlier copy stays, because containers may still
   * run from it.
   *
   * @throws ImageError when `source` is not a directory.
   */
  async publish(uri: string, source: string): Promise<void> {
    if (!isAbsolute(source)) throw new ImageError(`"directory" must be an absolute path, got '${source}'`);
    const isDirectory = await stat(source).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isDirectory) throw new ImageError(`there is no directory '${source}' to publish as ${uri}`);
    const hash = createHash('sha256').update(uri).digest('hex').slice(0, 16);
    const copy = join(this.#directory, `${hash}-${randomUUID()}`);
    await cp(source, copy, { recursive: true });
    this.#images.set(uri, copy);
  }

  /** Absolute directory of an image; undefined when nobody has published it. */
  directoryOf(uri: string): string | undefined {
    return this.#images.get(uri);
  }

  uris(): string[] {
    return [...this.#images.keys()];
  }
}
