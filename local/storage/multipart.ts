import { invalid, StorageError } from './storage-error';

/** The two parts of a `multipart/related` upload: the object resource and its content. */
export interface MultipartUpload {
  readonly resource: Readonly<Record<string, unknown>>;
  /** Of the content part. */
  readonly contentType: string | undefined;
  readonly content: Buffer;
}

/**
 * Takes a `multipart/related` body apart (RFC 2387, as
 * https://cloud.google.com/storage/docs/uploading-objects#rest-upload-objects uses it). Throws 400.
 */
export function parseMultipart(contentType: string | undefined, body: Buffer): MultipartUpload {
  const boundary = /;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType ?? '');
  const name = boundary?.[1] ?? boundary?.[2];
  if (name === undefined) throw invalid('A multipart upload needs a Content-Type with a boundary.');

  const [resource, media, ...rest] = splitParts(body, name);
  if (!resource || !media || rest.length > 0) {
    throw invalid('A multipart upload needs two parts: the object resource and its content.');
  }
  return {
    resource: parseResource(resource.content.toString('utf8')),
    contentType: /^content-type:\s*(.+?)\s*$/im.exec(media.headers)?.[1],
    content: media.content,
  };
}

/** A JSON object resource; throws 400. */
export function parseResource(text: string): Readonly<Record<string, unknown>> {
  let resource: unknown;
  try {
    resource = text === '' ? {} : JSON.parse(text);
  } catch {
    throw new StorageError(400, 'parseError', 'Parse Error');
  }
  if (!isRecord(resource)) throw new StorageError(400, 'parseError', 'Parse Error');
  return resource;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function splitParts(body: Buffer, boundary: string): { headers: string; content: Buffer }[] {
  // Every delimiter but the first begins with the line break before it, which is not part of the content.
  const text = Buffer.concat([Buffer.from('\r\n'), body]);
  const parts: { headers: string; content: Buffer }[] = [];
  let delimiter = findDelimiter(text, boundary, 0);
  while (delimiter) {
    if (delimiter.closing) return parts;
    const next = findDelimiter(text, boundary, delimiter.end);
    const headersEnd = text.indexOf('\r\n\r\n', delimiter.end);
    if (!next || headersEnd === -1 || headersEnd > next.start) break;
    parts.push({
      headers: text.subarray(delimiter.end, headersEnd).toString('latin1'),
      content: text.subarray(headersEnd + 4, next.start),
    });
    delimiter = next;
  }
  throw invalid('The multipart body ends before its closing boundary.');
}

interface Delimiter {
  readonly start: number;
  /** Where its line break begins. */
  readonly end: number;
  readonly closing: boolean;
}

/** The next line that is the boundary, and not one that only begins like it. */
function findDelimiter(text: Buffer, boundary: string, from: number): Delimiter | undefined {
  const mark = Buffer.from(`\r\n--${boundary}`);
  for (let start = text.indexOf(mark, from); start !== -1; start = text.indexOf(mark, start + 1)) {
    const rest = text.subarray(start + mark.length, start + mark.length + 2).toString('latin1');
    if (rest === '--' || rest === '\r\n') return { start, end: start + mark.length, closing: rest === '--' };
  }
  return undefined;
}
