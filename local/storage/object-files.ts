import { createHash, randomUUID } from 'node:crypto';
import {
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { appendFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Checksums } from './checksums';
import type { ObjectFields } from './object-fields';

/** One generation of an object. */
export interface StoredObject {
  readonly name: string;
  /** Microseconds since 1970, unique and rising in the store. */
  readonly generation: number;
  readonly metageneration: number;
  /** Bytes. */
  readonly size: number;
  /** Base64, as in the JSON API. */
  readonly crc32c: string;
  readonly md5Hash: string;
  /** Times are RFC 3339. */
  readonly timeCreated: string;
  readonly updated: string;
  /** When it stopped being the live generation; absent while it is. */
  readonly timeDeleted?: string;
  readonly fields: ObjectFields;
}

/**
 * The files of one bucket: per generation the content and, beside it, the metadata. An object's name only ever enters
 * a path as its hash. Content appears before its metadata and goes after it, both by rename or unlink, so a crash
 * leaves at worst content that nothing refers to, which `load` removes.
 */
export class ObjectFiles {
  readonly #objects: string;
  readonly #uploads: string;

  constructor(directory: string) {
    this.#objects = join(directory, 'objects');
    this.#uploads = join(directory, 'uploads');
  }

  /** Every generation on disk, oldest first. Uploads that a crash cut off are dropped. */
  load(): StoredObject[] {
    rmSync(this.#uploads, { recursive: true, force: true });
    mkdirSync(this.#uploads, { recursive: true });
    mkdirSync(this.#objects, { recursive: true });
    const files = new Set(readdirSync(this.#objects));
    const objects = [...files]
      .filter((file) => file.endsWith('.json'))
      .map((file): StoredObject => JSON.parse(readFileSync(join(this.#objects, file), 'utf8')));
    const known = new Set(objects.flatMap((object) => [`${stem(object)}.json`, `${stem(object)}.content`]));
    for (const file of files) if (!known.has(file)) unlinkSync(join(this.#objects, file));
    return objects.toSorted((a, b) => a.generation - b.generation);
  }

  /** An empty file to receive an object's content. */
  async stage(): Promise<StagedContent> {
    const path = join(this.#uploads, randomUUID());
    await writeFile(path, '', { flag: 'wx' });
    return new StagedContent(path);
  }

  /** Makes finished content that of `object`. */
  adopt(content: StagedContent, object: StoredObject): void {
    renameSync(content.path, this.#path(object, 'content'));
    this.save(object);
  }

  /** Writes the metadata. */
  save(object: StoredObject): void {
    const path = this.#path(object, 'json');
    writeFileSync(`${path}.new`, JSON.stringify(object));
    renameSync(`${path}.new`, path);
  }

  remove(object: StoredObject): void {
    unlinkSync(this.#path(object, 'json'));
    unlinkSync(this.#path(object, 'content'));
  }

  /** A file descriptor of the content, which stays readable when the object is deleted meanwhile. */
  openContent(object: StoredObject): number {
    return openSync(this.#path(object, 'content'), 'r');
  }

  #path(object: StoredObject, kind: 'json' | 'content'): string {
    return join(this.#objects, `${stem(object)}.${kind}`);
  }
}

/** Content on its way into an object. It holds no file open, so an upload may be given up at any time. */
export class StagedContent {
  readonly path: string;
  readonly #checksums = new Checksums();
  #size = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Bytes received. */
  get size(): number {
    return this.#size;
  }

  async append(chunk: Uint8Array): Promise<void> {
    await appendFile(this.path, chunk);
    this.#checksums.update(chunk);
    this.#size += chunk.byteLength;
  }

  /** Size and checksums. Nothing may be appended afterwards. */
  finish(): Pick<StoredObject, 'size' | 'crc32c' | 'md5Hash'> {
    return { size: this.#size, ...this.#checksums.digest() };
  }

  async discard(): Promise<void> {
    await rm(this.path, { force: true });
  }
}

function stem(object: Pick<StoredObject, 'name' | 'generation'>): string {
  return `${createHash('sha256').update(object.name).digest('hex')}.${object.generation}`;
}
