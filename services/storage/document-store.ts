import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Bucket, File } from '@google-cloud/storage';
import type { Attributes, Span } from '@opentelemetry/api';
import { isDocumentRecord, type DocumentRecord } from '../document';
import {
  BucketForbiddenError,
  BucketUnavailableError,
  DocumentExistsError,
  DocumentNotFoundError,
} from '../errors';
import {
  CallerGoneError,
  DeadlineExceededError,
  endRequestsAtDeadline,
  traceContextHeaders,
  withClientSpan,
  type BucketSettings,
} from '../telemetry';
import { CLOUD_REGION } from '../telemetry/attributes';
import { isCrossRegion } from './bucket-region';
import { retryWithinDeadline } from './retry-within-deadline';

/** Span attributes: what is called, and where it is, because a bucket in another region is slow. */
const BUCKET = 'gcp.storage.bucket';
const BUCKET_LOCATION = 'gcp.storage.bucket.location';
const CROSS_REGION = 'gcp.storage.cross_region';
const OBJECT = 'gcp.storage.object';
const GENERATION = 'gcp.storage.object.generation';
/** Content of the object, in bytes. */
const SIZE = 'gcp.storage.object.size';

/** What an object is of its document: the last part of its name, without which spans of one kind had many names. */
type ObjectClass = 'original' | 'record';

export interface StoredDocument {
  readonly original: Buffer;
  /** With its charset, so that the stored bytes can be read again. */
  readonly contentType: string;
  readonly record: DocumentRecord;
}

export interface DocumentStoreOptions extends BucketSettings {
  /** The bucket's name in the construct, such as `documents`, for the name of the span: it is the same everywhere. */
  readonly name: string;
  /** Region this service runs in, for the span. */
  readonly region: string | undefined;
}

/** Documents in a Cloud Storage bucket: the original and, beside it, its record. */
export class DocumentStore {
  readonly #bucket: Bucket;
  /** Where the bucket's requests go. */
  readonly #origin: string;
  readonly #options: DocumentStoreOptions;
  readonly #attributes: Attributes;

  /** @param bucket of a client with `autoRetry: false`: attempts are repeated here. */
  constructor(bucket: Bucket, options: DocumentStoreOptions) {
    this.#bucket = bucket;
    this.#origin = new URL(bucket.storage.apiEndpoint).origin;
    bucket.interceptors.push({
      // So that whoever looks at the bucket's side of a slow or failed request finds its trace.
      request: (request) => {
        request.headers = { ...request.headers, ...traceContextHeaders() };
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the client has two types for one thing
        return request as ReturnType<(typeof bucket.interceptors)[number]['request']>;
      },
    });
    this.#options = options;
    this.#attributes = {
      [BUCKET]: options.bucket,
      [BUCKET_LOCATION]: options.location,
      [CLOUD_REGION]: options.region,
      [CROSS_REGION]: isCrossRegion(options.location, options.region),
    };
  }

  /**
   * Writes a new document: the original first, so that a record is never found without its original.
   *
   * @returns the generation of the record.
   * @throws DocumentExistsError, BucketForbiddenError, BucketUnavailableError, DeadlineExceededError
   */
  async write({ original, contentType, record }: StoredDocument): Promise<string> {
    const { id } = record;
    await this.#create(id, 'original', original, contentType);
    return this.#create(id, 'record', Buffer.from(JSON.stringify(record)), 'application/json');
  }

  /**
   * Reads a document's record.
   *
   * @throws DocumentNotFoundError, BucketForbiddenError, BucketUnavailableError, DeadlineExceededError
   */
  async readRecord(id: string): Promise<DocumentRecord> {
    try {
      const content = await this.#call('gcs.download', id, 'record', async (file, span) => {
        const download = file.createReadStream();
        download.once('response', ({ headers }: IncomingMessage) => {
          const generation = headers['x-goog-generation'];
          if (generation !== undefined) span.setAttribute(GENERATION, generation);
        });
        const bytes = await buffer(download);
        span.setAttribute(SIZE, bytes.length);
        return bytes;
      });
      const record: unknown = JSON.parse(content.toString('utf8'));
      if (!isDocumentRecord(record)) throw new TypeError(`${objectName(id, 'record')} is not a record`);
      return record;
    } catch (error) {
      if (statusOf(error) === 404) throw new DocumentNotFoundError(id);
      throw this.#toServiceError(error, 'storage.objects.get');
    }
  }

  async #create(id: string, objectClass: ObjectClass, content: Buffer, contentType: string): Promise<string> {
    try {
      return await this.#call('gcs.upload', id, objectClass, async (file, span, attempt) => {
        span.setAttribute(SIZE, content.length);
        await createObject(file, content, contentType).catch(async (error: unknown) => {
          // An attempt before this one may have written the object although its answer was lost.
          const mayBeOurs = statusOf(error) === 412 && attempt > 1;
          if (!mayBeOurs || !(await holds(file, content))) throw error;
        });
        const generation = String(file.metadata.generation);
        span.setAttribute(GENERATION, generation);
        return generation;
      });
    } catch (error) {
      if (statusOf(error) === 412) throw new DocumentExistsError(id);
      throw this.#toServiceError(error, 'storage.objects.create');
    }
  }

  #call<T>(
    operation: string,
    id: string,
    objectClass: ObjectClass,
    work: (file: File, span: Span, attempt: number) => Promise<T>,
  ): Promise<T> {
    const object = objectName(id, objectClass);
    const what = `${operation} ${this.#options.name}/${objectClass}`;
    return withClientSpan(what, { ...this.#attributes, [OBJECT]: object }, (span) =>
      retryWithinDeadline(what, (attempt) =>
        // The client knows no cancelling.
        endRequestsAtDeadline(this.#origin, () => work(this.#bucket.file(object), span, attempt)),
      ),
    );
  }

  #toServiceError(error: unknown, permission: string): Error {
    if (error instanceof DeadlineExceededError || error instanceof CallerGoneError) return error;
    const status = statusOf(error);
    if (status === 401 || status === 403) {
      return new BucketForbiddenError(this.#options.bucket, permission, error);
    }
    return new BucketUnavailableError(this.#options.bucket, error);
  }
}

function objectName(id: string, objectClass: ObjectClass): string {
  return `documents/${id}/${objectClass === 'record' ? 'record.json' : objectClass}`;
}

function createObject(file: File, content: Buffer, contentType: string): Promise<void> {
  return file.save(content, {
    contentType,
    // In one request: a resumable upload begins with one more, and pays off where a broken one would be dear to repeat.
    resumable: false,
    preconditionOpts: { ifGenerationMatch: 0 },
  });
}

async function holds(file: File, content: Buffer): Promise<boolean> {
  const [{ md5Hash }] = await file.getMetadata();
  return md5Hash === createHash('md5').update(content).digest('base64');
}

/** The HTTP status that Google's client puts into `code`. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'number' ? error.code : undefined;
}
