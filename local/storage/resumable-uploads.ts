import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Bucket, DeclaredChecksums, Insertion } from './bucket';
import type { StagedContent, StoredObject } from './object-files';
import { objectResource } from './resources';
import { invalid, StorageError } from './storage-error';
import { sendJson, type StorageRequest } from './storage-request';

/** What comes in pieces comes in multiples of this, but for the end (Google's guide on resumable uploads). */
const CHUNK_BYTES = 256 * 1024;

interface Session {
  readonly bucket: Bucket;
  readonly insertion: Insertion;
  readonly content: StagedContent;
  /** The request that is being answered now, and when it is through. */
  current?: { readonly request: IncomingMessage; readonly ended: Promise<unknown> } | undefined;
  /** Set once the upload is complete. */
  object?: StoredObject;
}

/** Uploads that a caller may interrupt and take up again, by the id that Google calls `upload_id`. */
export class ResumableUploads {
  readonly #sessions = new Map<string, Session>();

  /** Begins an upload and returns its id. */
  async start(bucket: Bucket, insertion: Insertion): Promise<string> {
    const id = randomUUID();
    this.#sessions.set(id, { bucket, insertion, content: await bucket.stage() });
    return id;
  }

  /** Name of the object an upload is for. */
  objectName(id: string): string | undefined {
    return this.#sessions.get(id)?.insertion.name;
  }

  /**
   * Takes the content of one PUT, and answers with the object when that was the end of it, else with 308 and the bytes
   * received so far (https://cloud.google.com/storage/docs/performing-resumable-uploads). Content of a request that
   * breaks off is kept. Throws StorageError.
   */
  async receive(
    id: string,
    call: Pick<StorageRequest, 'body' | 'request' | 'response'>,
    declared: DeclaredChecksums,
  ): Promise<void> {
    const { request } = call;
    const session = this.#sessions.get(id);
    if (!session) throw new StorageError(404, 'notFound', `No such upload: ${id}`);
    // A caller who sends again has given up its request before, which may not know it yet.
    while (session.current) {
      const previous = session.current;
      if (!previous.request.complete) previous.request.destroy();
      await previous.ended;
      if (session.current === previous) session.current = undefined;
    }
    const answered = this.#answer(id, session, call, declared);
    session.current = { request, ended: answered.catch(() => undefined) };
    await answered;
  }

  async #answer(
    id: string,
    session: Session,
    { body, request, response }: Pick<StorageRequest, 'body' | 'request' | 'response'>,
    declared: DeclaredChecksums,
  ): Promise<void> {
    const { bucket, insertion, content } = session;
    // Asked again after the end, because that answer was lost.
    if (session.object) return sendJson(response, objectResource(bucket.record.name, session.object));

    const range = parseContentRange(request.headers['content-range']);
    await append(content, body, range);
    const received = content.size;
    if (range.total === undefined ? range.open : received === range.total) {
      try {
        session.object = await bucket.insert(content, {
          ...insertion,
          declared: { ...insertion.declared, ...declared },
        });
      } catch (error) {
        this.#sessions.delete(id);
        throw error;
      }
      return sendJson(response, objectResource(bucket.record.name, session.object));
    }
    response.writeHead(308, {
      'Content-Length': 0,
      'X-GUploader-UploadID': id,
      ...(received === 0 ? {} : { Range: `bytes=0-${received - 1}` }),
    });
    response.end();
    return undefined;
  }
}

/** Appends what is new in the body, and checks that body and range agree. Throws 400. */
async function append(
  content: StagedContent,
  body: AsyncIterable<Buffer>,
  range: ContentRange,
): Promise<void> {
  const { first, length, total } = range;
  if (first > content.size) {
    throw invalid(
      `Invalid request. According to the Content-Range header, the upload offset is ${first} byte(s), ` +
        `which exceeds already uploaded size of ${content.size} byte(s).`,
    );
  }
  const maxBytes = length ?? (total === undefined ? Infinity : total - first);
  let known = content.size - first;
  let bodyBytes = 0;
  for await (const chunk of body) {
    bodyBytes += chunk.byteLength;
    if (bodyBytes > maxBytes) throw bodyMismatch(bodyBytes, maxBytes, first);
    const fresh = chunk.subarray(Math.min(known, chunk.byteLength));
    known -= chunk.byteLength - fresh.byteLength;
    if (fresh.byteLength > 0) await content.append(fresh);
  }
  if (length === undefined) return;
  if (bodyBytes !== length) throw bodyMismatch(bodyBytes, length, first);
  if (first + length !== total && length % CHUNK_BYTES !== 0) {
    throw invalid(
      `Invalid request. The number of bytes uploaded is required to be a multiple of ${CHUNK_BYTES}, except for the ` +
        `final request. The received request contained ${length} bytes.`,
    );
  }
}

interface ContentRange {
  /** Offset of the body's first byte; 0 for a request that only asks how far the upload is. */
  readonly first: number;
  /** Bytes in the body, where the header says so. */
  readonly length: number | undefined;
  /** Bytes of the whole object, where the header says so. */
  readonly total: number | undefined;
  /** Whether the body runs to the end of the object, whatever its length. */
  readonly open: boolean;
}

/** Throws 400. No header at all is the whole object in one piece. */
function parseContentRange(header: string | undefined): ContentRange {
  if (header === undefined) return { first: 0, length: undefined, total: undefined, open: true };
  const match = /^bytes (?:(\d+)-(\d+|\*)|\*)\/(\d+|\*)$/.exec(header.trim());
  if (!match) throw invalid(`Failed to parse Content-Range header: "${header}"`);
  const [, first, last, totalText] = match;
  const total = totalText === '*' ? undefined : Number(totalText);
  if (first === undefined) return { first: 0, length: 0, total, open: false };
  if (last === '*') return { first: Number(first), length: undefined, total, open: true };
  return { first: Number(first), length: Number(last) - Number(first) + 1, total, open: false };
}

function bodyMismatch(bodyBytes: number, allowedBytes: number, first: number): StorageError {
  return invalid(
    `Invalid request. There were ${bodyBytes} byte(s) (or more) in the request body. There should have been ` +
      `${allowedBytes} byte(s) (starting at offset ${first}) according to the Content-Range header.`,
  );
}
