import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Fault, type FaultRule, FaultRules } from '../faults/fault-rules';
import { Bucket, type BucketRecord, type BucketSettings } from './bucket';
import { bucketNotFound, invalid, StorageError } from './storage-error';
import { locationType } from './locations';

/** A bucket to be made. */
export interface NewBucket extends BucketSettings {
  readonly name: string;
  readonly projectId: string;
  /** In any spelling. */
  readonly location: string;
}

const RECORD_FILE = 'bucket.json';

/** Cloud Storage: buckets by their global name, kept on disk below one directory. */
export class CloudStorage {
  readonly #directory: string;
  readonly #buckets = new Map<string, Bucket>();
  readonly #faults: FaultRules;
  #lastGeneration = 0;

  /**
   * Reads what the directory holds; makes it where there is none.
   *
   * @param faults to inject into requests, by default none.
   */
  constructor(directory: string, faults = new FaultRules()) {
    this.#directory = directory;
    this.#faults = faults;
    mkdirSync(directory, { recursive: true });
    for (const name of readdirSync(directory)) {
      const file = join(directory, name, RECORD_FILE);
      if (existsSync(file)) this.#add(JSON.parse(readFileSync(file, 'utf8')));
    }
  }

  /** Throws 409 where the name is taken, by whatever project, and 400 for what Cloud Storage would not take. */
  createBucket(bucket: NewBucket): Bucket {
    const problem = bucketNameProblem(bucket.name);
    if (problem !== undefined) throw invalid(`Invalid bucket name: '${bucket.name}'. ${problem}`);
    if (locationType(bucket.location) === undefined) {
      throw invalid(`The specified location constraint is not valid: ${bucket.location}`);
    }
    const taken = this.#buckets.get(bucket.name);
    if (taken) {
      throw new StorageError(
        409,
        'conflict',
        taken.record.projectId === bucket.projectId
          ? 'Your previous request to create the named bucket succeeded and you already own it.'
          : 'The requested bucket name is not available. The bucket namespace is shared by all users of the ' +
              'system. Please select a different name and try again.',
      );
    }
    const now = new Date().toISOString();
    const record = {
      ...bucket,
      location: bucket.location.toUpperCase(),
      timeCreated: now,
      updated: now,
      metageneration: 1,
    };
    // A crash while a bucket of this name was removed may have left some of its files.
    rmSync(join(this.#directory, bucket.name), { recursive: true, force: true });
    this.#save(record);
    return this.#add(record);
  }

  bucket(name: string): Bucket | undefined {
    return this.#buckets.get(name);
  }

  /** Throws 404. */
  requireBucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (!bucket) throw bucketNotFound();
    return bucket;
  }

  buckets(): Bucket[] {
    return [...this.#buckets.values()];
  }

  /** Throws 404. */
  updateBucket(name: string, settings: BucketSettings): Bucket {
    const bucket = this.requireBucket(name);
    const { record } = bucket;
    bucket.record = {
      ...record,
      ...settings,
      updated: new Date().toISOString(),
      metageneration: record.metageneration + 1,
    };
    this.#save(bucket.record);
    return bucket;
  }

  /** Throws 404, and 409 while any generation of any object is left. */
  deleteBucket(name: string): void {
    const bucket = this.requireBucket(name);
    if (bucket.list({ versions: true }).length > 0) {
      throw new StorageError(409, 'conflict', 'The bucket you tried to delete is not empty.');
    }
    bucket.remove();
    this.#buckets.delete(name);
    rmSync(join(this.#directory, name), { recursive: true, force: true });
  }

  /** Requests that match get the fault from now on; of every bucket where the rule names none. */
  injectFault(rule: Omit<FaultRule, 'service' | 'model' | 'pathPrefix'>): void {
    this.#faults.add({ bucket: '*', ...rule });
  }

  /** The fault for this request, if any; it counts as injected. */
  takeFault(method: string, bucket: string | undefined, object: string | undefined): Fault | undefined {
    return this.#faults.take({ method, bucket, object });
  }

  #add(record: BucketRecord): Bucket {
    const bucket = new Bucket(record, join(this.#directory, record.name), () => this.#nextGeneration());
    for (const { generation } of bucket.list({ versions: true })) {
      this.#lastGeneration = Math.max(this.#lastGeneration, generation);
    }
    this.#buckets.set(record.name, bucket);
    return bucket;
  }

  #nextGeneration(): number {
    this.#lastGeneration = Math.max(Date.now() * 1000, this.#lastGeneration + 1);
    return this.#lastGeneration;
  }

  #save(record: BucketRecord): void {
    const directory = join(this.#directory, record.name);
    mkdirSync(directory, { recursive: true });
    const file = join(directory, RECORD_FILE);
    writeFileSync(`${file}.new`, JSON.stringify(record));
    renameSync(`${file}.new`, file);
  }
}

/**
 * What is wrong with a bucket's name by the rules of https://cloud.google.com/storage/docs/buckets#naming; undefined
 * when nothing is.
 */
export function bucketNameProblem(name: string): string | undefined {
  if (name.length < 3 || name.length > 63) return `It has ${name.length} characters; 3 to 63 are allowed.`;
  if (name.includes('.')) {
    return 'A name with dots needs a verified domain, which the local cloud cannot check; use dashes.';
  }
  if (!/^[a-z0-9][a-z0-9_-]*[a-z0-9]$/.test(name)) {
    return 'Allowed are a-z, 0-9, "-" and "_", and a letter or digit at both ends.';
  }
  if (name.startsWith('goog') || name.includes('google')) {
    return 'A name may not start with "goog" or contain "google".';
  }
  return undefined;
}
