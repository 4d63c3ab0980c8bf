import { InvalidDocumentIdError, UnsupportedContentTypeError } from './errors';

/** What the pipeline reads, by media type. */
export const DOCUMENT_TYPES = ['text/plain', 'text/markdown', 'text/html', 'application/pdf'] as const;
type DocumentType = (typeof DOCUMENT_TYPES)[number];

/** Largest document in bytes; Cloud Run's own limit for a request over HTTP/1 is 32 MiB. */
export const MAX_DOCUMENT_BYTES = 10 * 1024 * 1024;

/** What is known about a document once it is processed; stored beside it as JSON. */
export interface DocumentRecord {
  readonly id: string;
  readonly title: string;
  readonly contentType: DocumentType;
  readonly sizeBytes: number;
  readonly wordCount: number;
  /** ISO 639-1, such as `en`; `und` (ISO 639-2, undetermined) when it cannot be told. */
  readonly language: string;
  /** Most frequent words without stop words, most frequent first. */
  readonly keyTerms: readonly string[];
  /** The first sentences, or what Gemini makes of the document. */
  readonly summary: string;
  /** Who wrote it: the processor itself unless Gemini is configured and answered in time. */
  readonly summaryBy: 'gemini' | 'processor';
  /** True when the text is longer than what is read; the other fields then describe its beginning. */
  readonly truncated: boolean;
  /** RFC 3339, in UTC. */
  readonly createdAt: string;
}

/** A record, and the generation of the object that holds it. */
export interface StoredRecord {
  readonly record: DocumentRecord;
  readonly generation: string;
}

/** A media type of a document, with the charset its sender named. */
export interface DocumentContentType {
  readonly type: DocumentType;
  /** Label of the Encoding standard, such as `utf-8` or `windows-1252`. */
  readonly charset: string;
}

/** RFC 9562, any version, in lower case as `crypto.randomUUID()` writes it. */
const DOCUMENT_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * A document's id, which becomes part of an object's name.
 * @throws InvalidDocumentIdError unless it is a UUID.
 */
export function parseDocumentId(id: string): string {
  if (!DOCUMENT_ID.test(id)) throw new InvalidDocumentIdError();
  return id;
}

/**
 * Reads a `Content-Type` header.
 * @throws UnsupportedContentTypeError when it is missing, another type, or names a charset nobody knows.
 */
export function parseContentType(header: string | undefined): DocumentContentType {
  const [essence = '', ...parameters] = (header ?? '').toLowerCase().split(';');
  const type = DOCUMENT_TYPES.find((known) => known === essence.trim());
  if (type === undefined) throw new UnsupportedContentTypeError(header, DOCUMENT_TYPES);
  const charset = parameters
    .map((parameter) => /^\s*charset\s*=\s*"?([\w.:-]+)"?\s*$/.exec(parameter)?.[1])
    .find((label) => label !== undefined);
  try {
    return { type, charset: new TextDecoder(charset).encoding };
  } catch {
    throw new UnsupportedContentTypeError(header, DOCUMENT_TYPES);
  }
}

/** For a `Content-Type` header: the charset is said where it means something. */
export function formatContentType({ type, charset }: DocumentContentType): string {
  return type === 'application/pdf' ? type : `${type};charset=${charset}`;
}

const RECORD_FIELDS: Readonly<Record<keyof DocumentRecord, string>> = {
  id: 'string',
  title: 'string',
  contentType: 'string',
  sizeBytes: 'number',
  wordCount: 'number',
  language: 'string',
  keyTerms: 'object',
  summary: 'string',
  summaryBy: 'string',
  truncated: 'boolean',
  createdAt: 'string',
};

export function isDocumentRecord(value: unknown): value is DocumentRecord {
  return hasFields(value, RECORD_FIELDS);
}

/** True for `{ record }`, as the services hand it on. */
export function holdsRecord(value: unknown): value is Pick<StoredRecord, 'record'> {
  return hasFields(value, { record: 'object' }) && isDocumentRecord(value['record']);
}

/** True for `{ generation }`, with or without more. */
export function holdsGeneration(value: unknown): value is Pick<StoredRecord, 'generation'> {
  return hasFields(value, { generation: 'string' });
}

export function isStoredRecord(value: unknown): value is StoredRecord {
  return holdsRecord(value) && holdsGeneration(value);
}

function hasFields(
  value: unknown,
  fields: Readonly<Record<string, string>>,
): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(fields).every(([name, type]) => typeof Reflect.get(value, name) === type);
}
