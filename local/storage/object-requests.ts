import type { Bucket } from './bucket';
import { sendContent } from './download';
import { parseObjectFields } from './object-fields';
import type { StoredObject } from './object-files';
import { parseResource } from './multipart';
import { checkPreconditions, parsePreconditions } from './preconditions';
import { objectResource } from './resources';
import { invalid } from './storage-error';
import { generationOf, readBody, sendJson, type StorageRequest } from './storage-request';

/** Largest and default page (https://cloud.google.com/storage/docs/json_api/v1/objects/list). */
const MAX_RESULTS = 1000;

/** `objects.get`: the resource, or with `alt=media` the content. */
export async function getObject(call: StorageRequest, bucketName: string, name: string): Promise<void> {
  const { storage, access, caller, query, response } = call;
  const bucket = storage.requireBucket(bucketName);
  access.require(caller, 'storage.objects.get', bucket.record);
  const object = bucket.require(name, generationOf(query));
  checkPreconditions(parsePreconditions(query), object, 'read');
  if (query.get('alt') === 'media') return sendContent(bucket, object, call);
  sendJson(response, objectResource(bucketName, object));
}

/** `objects.patch`. */
export async function patchObject(call: StorageRequest, bucketName: string, name: string): Promise<void> {
  const { storage, access, caller, query, body, response } = call;
  const bucket = storage.requireBucket(bucketName);
  access.require(caller, 'storage.objects.update', bucket.record);
  const changes = parseObjectFields(parseResource((await readBody(body)).toString('utf8')));
  const object = bucket.update(name, generationOf(query), changes, parsePreconditions(query));
  sendJson(response, objectResource(bucketName, object));
}

/** `objects.delete`. */
export function deleteObject(call: StorageRequest, bucketName: string, name: string): void {
  const { storage, access, caller, query, response } = call;
  const bucket = storage.requireBucket(bucketName);
  access.require(caller, 'storage.objects.delete', bucket.record);
  bucket.delete(name, generationOf(query), parsePreconditions(query));
  response.writeHead(204).end();
}

/** `objects.list`. */
export function listObjects(call: StorageRequest, bucketName: string): void {
  const { storage, access, caller, query, response } = call;
  const bucket = storage.requireBucket(bucketName);
  access.require(caller, 'storage.objects.list', bucket.record);
  const after = decodePageToken(query.get('pageToken'));
  const remaining = listing(bucket, query).filter((entry) => !after || compare(entry, after) > 0);
  const page = remaining.slice(0, maxResults(query));
  const last = page.at(-1);
  const items = page.flatMap(({ object }) => (object ? [objectResource(bucketName, object)] : []));
  const prefixes = page.flatMap(({ object, name }) => (object ? [] : [name]));
  sendJson(response, {
    kind: 'storage#objects',
    ...(items.length > 0 ? { items } : {}),
    ...(prefixes.length > 0 ? { prefixes } : {}),
    ...(last && remaining.length > page.length ? { nextPageToken: encodePageToken(last) } : {}),
  });
}

/** A line of a listing, which sorts by the bytes of its name and then by generation. */
interface Position {
  readonly name: string;
  readonly generation: number;
}

/** An object, or without one the prefix that stands for all objects that share it up to the delimiter. */
interface Entry extends Position {
  readonly object?: StoredObject;
}

function listing(bucket: Bucket, query: URLSearchParams): Entry[] {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const [start, end] = [query.get('startOffset'), query.get('endOffset')];
  const prefixes = new Set<string>();
  const entries: Entry[] = [];
  for (const object of bucket.list({ versions: query.get('versions') === 'true' })) {
    const { name, generation } = object;
    if (!name.startsWith(prefix)) continue;
    if (start !== null && compareBytes(name, start) < 0) continue;
    if (end !== null && compareBytes(name, end) >= 0) continue;
    const cut = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
    if (cut === -1) entries.push({ name, generation, object });
    else prefixes.add(name.slice(0, cut + delimiter.length));
  }
  return [...entries, ...[...prefixes].map((name) => ({ name, generation: 0 }))].toSorted(compare);
}

function compare(a: Position, b: Position): number {
  return compareBytes(a.name, b.name) || a.generation - b.generation;
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function maxResults(query: URLSearchParams): number {
  const value = query.get('maxResults');
  if (value === null) return MAX_RESULTS;
  if (!/^[1-9]\d{0,9}$/.test(value)) throw invalid(`Invalid value for maxResults: "${value}"`);
  return Math.min(Number(value), MAX_RESULTS);
}

function encodePageToken({ name, generation }: Position): string {
  return Buffer.from(JSON.stringify([name, generation])).toString('base64url');
}

function decodePageToken(token: string | null): Position | undefined {
  if (token === null || token === '') return undefined;
  try {
    const [name, generation]: unknown[] = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (typeof name === 'string' && typeof generation === 'number') return { name, generation };
  } catch {
    // Answered below like any other token that is not ours.
  }
  throw invalid('Invalid argument: pageToken');
}
