import { ObjectFiles, type StagedContent, type StoredObject } from './object-files';
import { applyChanges, type ObjectFieldChanges, type ObjectFields } from './object-fields';
import { checkPreconditions, type Preconditions } from './preconditions';
import { bucketNotFound, invalid, objectNotFound } from './storage-error';

/** What may change after a bucket is made. */
export interface BucketSettings {
  readonly storageClass: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Whether overwritten and deleted generations are kept. */
  readonly versioning: boolean;
  readonly uniformBucketLevelAccess: boolean;
  readonly publicAccessPrevention: 'inherited' | 'enforced';
  /** Null where the location has no replication to speak of. */
  readonly rpo: string | null;
  /** Rules in the JSON API's shape. They are kept and shown, and not carried out: their clock is days. */
  readonly lifecycleRules: readonly unknown[];
  /** Kept and shown: what is deleted here is gone at once. */
  readonly softDeleteRetentionSec: number;
}

export interface BucketRecord extends BucketSettings {
  readonly name: string;
  readonly projectId: string;
  /** In the product's spelling, which is upper case. */
  readonly location: string;
  /** RFC 3339. */
  readonly timeCreated: string;
  readonly updated: string;
  readonly metageneration: number;
}

/** Checksums the caller says its content has, base64. */
export type DeclaredChecksums = Partial<Pick<StoredObject, 'crc32c' | 'md5Hash'>>;

export interface Insertion {
  readonly name: string;
  readonly fields: ObjectFields;
  readonly preconditions: Preconditions;
  readonly declared: DeclaredChecksums;
  /** Throws where the caller may not create the object, or replace the one that is live. */
  readonly authorize: (live: StoredObject | undefined) => void;
}

/** Longest name of an object in bytes of UTF-8 (https://cloud.google.com/storage/docs/objects#naming). */
const MAX_OBJECT_NAME_BYTES = 1024;

/** A bucket with its objects. Changes to one are a single step: nobody sees half of one. */
export class Bucket {
  readonly #files: ObjectFiles;
  readonly #nextGeneration: () => number;
  /** Generations of each name, oldest first. */
  readonly #objects = new Map<string, StoredObject[]>();
  #record: BucketRecord;
  #removed = false;

  /** @param nextGeneration Gives a higher number at every call. */
  constructor(record: BucketRecord, directory: string, nextGeneration: () => number) {
    this.#record = record;
    this.#files = new ObjectFiles(directory);
    this.#nextGeneration = nextGeneration;
    for (const object of this.#files.load()) {
      // A crash between writing a generation and retiring the one before leaves both live.
      this.#retireLive(object.name);
      this.#put(object);
    }
  }

  get record(): BucketRecord {
    return this.#record;
  }

  set record(record: BucketRecord) {
    this.#record = record;
  }

  /** Uploads that are still running fail with "bucket not found". */
  remove(): void {
    this.#removed = true;
  }

  /** The live generation, or the one that is named. */
  get(name: string, generation?: number): StoredObject | undefined {
    const generations = this.#objects.get(name) ?? [];
    return generation === undefined
      ? generations.find((object) => object.timeDeleted === undefined)
      : generations.find((object) => object.generation === generation);
  }

  /** As `get`; throws 404. */
  require(name: string, generation?: number): StoredObject {
    const object = this.get(name, generation);
    if (!object) throw objectNotFound(this.#record.name, name);
    return object;
  }

  /** The live objects, or every generation, in no particular order. */
  list(options: { readonly versions: boolean }): StoredObject[] {
    const all = [...this.#objects.values()].flat();
    return options.versions ? all : all.filter((object) => object.timeDeleted === undefined);
  }

  stage(): Promise<StagedContent> {
    return this.#files.stage();
  }

  openContent(object: StoredObject): number {
    return this.#files.openContent(object);
  }

  /** Throws what `insert` would throw now, to refuse an upload before its content is sent. */
  checkInsertion({ name, preconditions, authorize }: Insertion): void {
    if (this.#removed) throw bucketNotFound();
    assertObjectName(name);
    const live = this.get(name);
    authorize(live);
    checkPreconditions(preconditions, live, 'write');
  }

  /** Makes the content a new generation of the object and returns it; throws StorageError, and drops the content. */
  async insert(content: StagedContent, insertion: Insertion): Promise<StoredObject> {
    try {
      const summary = content.finish();
      assertChecksums(insertion.declared, summary);
      this.checkInsertion(insertion);
      const now = new Date().toISOString();
      const object: StoredObject = {
        name: insertion.name,
        generation: this.#nextGeneration(),
        metageneration: 1,
        ...summary,
        timeCreated: now,
        updated: now,
        fields: { storageClass: this.#record.storageClass, ...insertion.fields },
      };
      this.#files.adopt(content, object);
      this.#retireLive(object.name);
      this.#put(object);
      return object;
    } catch (error) {
      await content.discard();
      throw error;
    }
  }

  /** Changes fields of a generation; throws StorageError. */
  update(
    name: string,
    generation: number | undefined,
    changes: ObjectFieldChanges,
    preconditions: Preconditions,
  ): StoredObject {
    const object = this.require(name, generation);
    checkPreconditions(preconditions, object, 'write');
    const updated: StoredObject = {
      ...object,
      metageneration: object.metageneration + 1,
      updated: new Date().toISOString(),
      fields: applyChanges(object.fields, changes),
    };
    this.#files.save(updated);
    this.#put(updated);
    return updated;
  }

  /** Without a generation the live one goes, and is kept as a noncurrent one where versioning is on. */
  delete(name: string, generation: number | undefined, preconditions: Preconditions): void {
    const object = this.require(name, generation);
    checkPreconditions(preconditions, object, 'write');
    if (generation === undefined) this.#retireLive(name);
    else this.#drop(object);
  }

  #retireLive(name: string): void {
    const live = this.get(name);
    if (!live) return;
    if (!this.#record.versioning) return this.#drop(live);
    const noncurrent = { ...live, timeDeleted: new Date().toISOString() };
    this.#files.save(noncurrent);
    this.#put(noncurrent);
  }

  #put(object: StoredObject): void {
    const others = (this.#objects.get(object.name) ?? []).filter(
      ({ generation }) => generation !== object.generation,
    );
    this.#objects.set(
      object.name,
      [...others, object].toSorted((a, b) => a.generation - b.generation),
    );
  }

  #drop(object: StoredObject): void {
    this.#files.remove(object);
    const others = (this.#objects.get(object.name) ?? []).filter(
      ({ generation }) => generation !== object.generation,
    );
    if (others.length > 0) this.#objects.set(object.name, others);
    else this.#objects.delete(object.name);
  }
}

/** Throws 400 for a name that Cloud Storage does not take. */
function assertObjectName(name: string): void {
  const bytes = Buffer.byteLength(name);
  if (bytes === 0) throw invalid('Required parameter: name');
  if (bytes > MAX_OBJECT_NAME_BYTES) {
    throw invalid(
      `The maximum object length is ${MAX_OBJECT_NAME_BYTES} bytes of UTF-8, but got a name with ${bytes}.`,
    );
  }
  const forbidden =
    name === '.' ||
    name === '..' ||
    name.startsWith('.well-known/acme-challenge/') ||
    /[\r\n]/.test(name) ||
    // Half of a surrogate pair has no UTF-8.
    Buffer.from(name).toString() !== name;
  if (forbidden) throw invalid(`Disallowed unicode characters present in object name '${name}'`);
}

function assertChecksums(declared: DeclaredChecksums, actual: DeclaredChecksums): void {
  for (const [field, word] of [
    ['md5Hash', 'MD5 hash'],
    ['crc32c', 'CRC32C'],
  ] as const) {
    if (declared[field] !== undefined && declared[field] !== actual[field]) {
      throw invalid(
        `Provided ${word} "${declared[field]}" doesn't match calculated ${word} "${actual[field] ?? ''}".`,
      );
    }
  }
}
