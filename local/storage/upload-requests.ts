import type { IncomingMessage } from 'node:http';
import type { Bucket, DeclaredChecksums, Insertion } from './bucket';
import { parseMultipart, parseResource } from './multipart';
import { applyChanges, parseObjectFields } from './object-fields';
import { parsePreconditions } from './preconditions';
import { objectResource } from './resources';
import type { ResumableUploads } from './resumable-uploads';
import { invalid } from './storage-error';
import { readBody, sendJson, type StorageRequest } from './storage-request';

/** `objects.insert` in its three forms: `media`, `multipart`, and the start of a `resumable` one. */
export async function insertObject(
  call: StorageRequest,
  bucketName: string,
  uploads: ResumableUploads,
): Promise<void> {
  const { storage, query, request, body, response } = call;
  const bucket = storage.requireBucket(bucketName);
  const uploadType = query.get('uploadType');

  if (uploadType === 'media') {
    const { headers } = request;
    const insertion = insertionOf(call, bucket, {}, headers['content-type']);
    bucket.checkInsertion(insertion);
    const content = await bucket.stage();
    try {
      for await (const chunk of body) await content.append(chunk);
    } catch (error) {
      await content.discard();
      throw error;
    }
    return sendJson(response, objectResource(bucketName, await bucket.insert(content, insertion)));
  }

  if (uploadType === 'multipart') {
    const parts = parseMultipart(request.headers['content-type'], await readBody(body));
    const insertion = insertionOf(call, bucket, parts.resource, parts.contentType);
    bucket.checkInsertion(insertion);
    const content = await bucket.stage();
    await content.append(parts.content);
    return sendJson(response, objectResource(bucketName, await bucket.insert(content, insertion)));
  }

  if (uploadType === 'resumable') {
    const resource = parseResource((await readBody(body)).toString('utf8'));
    const contentType = request.headers['x-upload-content-type'];
    const insertion = insertionOf(
      call,
      bucket,
      resource,
      contentType === undefined ? undefined : String(contentType),
    );
    bucket.checkInsertion(insertion);
    const id = await uploads.start(bucket, insertion);
    const scheme = 'encrypted' in request.socket ? 'https' : 'http';
    const host = request.headers.host ?? 'storage.googleapis.com';
    const search = new URLSearchParams({ uploadType, name: insertion.name, upload_id: id });
    response.writeHead(200, {
      // The client sends the content to the host it has reached us by.
      Location: `${scheme}://${host}/upload/storage/v1/b/${bucketName}/o?${search.toString()}`,
      'X-GUploader-UploadID': id,
      'Content-Length': 0,
    });
    response.end();
    return undefined;
  }

  throw invalid(`Invalid value for uploadType: "${uploadType ?? ''}"`);
}

/** Checksums in the headers of a request that carries the end of an object's content. */
export function declaredInHeaders({ headers }: IncomingMessage): DeclaredChecksums {
  const hashes = String(headers['x-goog-hash'] ?? '');
  const crc32c = /(?:^|,)\s*crc32c=([^,\s]+)/.exec(hashes)?.[1];
  const md5Hash = /(?:^|,)\s*md5=([^,\s]+)/.exec(hashes)?.[1] ?? headers['content-md5']?.toString();
  return { ...(crc32c === undefined ? {} : { crc32c }), ...(md5Hash === undefined ? {} : { md5Hash }) };
}

function insertionOf(
  { access, caller, query, request }: StorageRequest,
  bucket: Bucket,
  resource: Readonly<Record<string, unknown>>,
  contentType: string | undefined,
): Insertion {
  const named = resource['name'];
  const contentEncoding = query.get('contentEncoding');
  const fields = applyChanges(
    {
      ...(contentType === undefined ? {} : { contentType }),
      ...(contentEncoding === null ? {} : { contentEncoding }),
    },
    parseObjectFields(resource),
  );
  return {
    name: query.get('name') ?? (typeof named === 'string' ? named : ''),
    fields: { contentType: 'application/octet-stream', ...fields },
    preconditions: parsePreconditions(query),
    declared: { ...declaredInResource(resource), ...declaredInHeaders(request) },
    authorize: (live) => {
      access.require(caller, 'storage.objects.create', bucket.record);
      // To overwrite is to delete what was there.
      if (live) access.require(caller, 'storage.objects.delete', bucket.record);
    },
  };
}

function declaredInResource({ crc32c, md5Hash }: Readonly<Record<string, unknown>>): DeclaredChecksums {
  return {
    ...(typeof crc32c === 'string' ? { crc32c } : {}),
    ...(typeof md5Hash === 'string' ? { md5Hash } : {}),
  };
}
