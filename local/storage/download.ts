import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Bucket } from './bucket';
import type { StoredObject } from './object-files';
import { objectEtag } from './resources';
import { StorageError } from './storage-error';
import type { StorageRequest } from './storage-request';

/** Sends an object's content: all of it, or the range that was asked for. Throws 416 before anything is sent. */
export async function sendContent(
  bucket: Bucket,
  object: StoredObject,
  { download, request, response }: StorageRequest,
): Promise<void> {
  const gunzipped = isToBeGunzipped(object, request);
  const range = gunzipped ? undefined : parseRange(request.headers.range, object.size);
  setObjectHeaders(object, response);
  if (gunzipped) {
    // Decompressive transcoding, which ignores ranges: https://cloud.google.com/storage/docs/transcoding
    response.writeHead(200);
    return pipeline(
      createReadStream('', { fd: bucket.openContent(object) }),
      createGunzip(),
      download,
      response,
    );
  }

  const { contentEncoding } = object.fields;
  if (contentEncoding !== undefined) response.setHeader('Content-Encoding', contentEncoding);
  const { start, end } = range ?? { start: 0, end: object.size - 1 };
  response.setHeader('Content-Length', end - start + 1);
  if (range) response.setHeader('Content-Range', `bytes ${start}-${end}/${object.size}`);
  response.writeHead(range ? 206 : 200);
  // An empty object has no last byte; a stream wants one that is not before the first.
  const content = createReadStream('', { fd: bucket.openContent(object), start, end: Math.max(end, start) });
  return pipeline(content, download, response);
}

interface ByteRange {
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
}

/** Undefined for no range, and for one that is not understood, which HTTP ignores. Throws 416. */
function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  const [first, last] = [match?.[1] ?? '', match?.[2] ?? ''];
  if (!match || (first === '' && last === '')) return undefined;
  const start = first === '' ? Math.max(size - Number(last), 0) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < start) return undefined;
  if (start >= size || end < start) {
    throw new StorageError(416, 'requestedRangeNotSatisfiable', 'The requested range cannot be satisfied.', {
      locationType: 'header',
      location: 'Range',
    });
  }
  return { start, end };
}

function isToBeGunzipped(object: StoredObject, request: IncomingMessage): boolean {
  return (
    object.fields.contentEncoding === 'gzip' &&
    !/\bgzip\b/.test(request.headers['accept-encoding'] ?? '') &&
    !/\bno-transform\b/.test(object.fields.cacheControl ?? '')
  );
}

function setObjectHeaders(object: StoredObject, response: ServerResponse): void {
  const { fields } = object;
  const headers: Record<string, string | undefined> = {
    'Content-Type': fields.contentType ?? 'application/octet-stream',
    'Cache-Control': fields.cacheControl ?? 'no-cache, no-store, max-age=0, must-revalidate',
    'Content-Disposition': fields.contentDisposition,
    'Content-Language': fields.contentLanguage,
    ETag: objectEtag(object),
    'Last-Modified': new Date(object.updated).toUTCString(),
    'X-Goog-Generation': String(object.generation),
    'X-Goog-Metageneration': String(object.metageneration),
    'X-Goog-Hash': `crc32c=${object.crc32c},md5=${object.md5Hash}`,
    'X-Goog-Storage-Class': fields.storageClass,
    'X-Goog-Stored-Content-Encoding': fields.contentEncoding ?? 'identity',
    'X-Goog-Stored-Content-Length': String(object.size),
  };
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) response.setHeader(name, value);
  }
}
