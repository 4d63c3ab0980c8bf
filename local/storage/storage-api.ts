import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { Access, type AccessOptions, type Caller } from './access';
import { getBucket, listBuckets, testIamPermissions } from './bucket-requests';
import type { CloudStorage } from './cloud-storage';
import type { FaultRule } from './fault-rules';
import { deleteObject, getObject, listObjects, patchObject } from './object-requests';
import { ResumableUploads } from './resumable-uploads';
import { invalid, notModelled, StorageError } from './storage-error';
import { sendJson, type StorageRequest } from './storage-request';
import { declaredInHeaders, insertObject } from './upload-requests';

export interface StorageApiOptions extends AccessOptions {
  readonly storage: CloudStorage;
  /** Told of failures of this program, as opposed to errors that the API answers with. */
  readonly onInternalError: (error: unknown) => void;
}

interface Route {
  readonly method: string;
  /** Of the path, with up to two groups: the bucket's and the object's name, percent-encoded. */
  readonly path: RegExp;
  readonly handle: (
    call: StorageRequest,
    bucket: string,
    object: string,
    uploads: ResumableUploads,
  ) => void | Promise<void>;
}

const BUCKET = '/storage/v1/b/([^/]+)';

/** https://cloud.google.com/storage/docs/json_api/v1, as far as it is modelled. */
const ROUTES: readonly Route[] = [
  { method: 'GET', path: /^\/storage\/v1\/b$/, handle: listBuckets },
  { method: 'GET', path: pattern(BUCKET), handle: getBucket },
  { method: 'GET', path: pattern(`${BUCKET}/iam/testPermissions`), handle: testIamPermissions },
  { method: 'GET', path: pattern(`${BUCKET}/o`), handle: listObjects },
  { method: 'GET', path: pattern(`(?:/download)?${BUCKET}/o/([^/]+)`), handle: getObject },
  { method: 'PATCH', path: pattern(`${BUCKET}/o/([^/]+)`), handle: patchObject },
  { method: 'DELETE', path: pattern(`${BUCKET}/o/([^/]+)`), handle: deleteObject },
  {
    method: 'POST',
    path: pattern(`/upload${BUCKET}/o`),
    handle: (call, bucket, _object, uploads) => insertObject(call, bucket, uploads),
  },
  {
    method: 'PUT',
    path: pattern(`/upload${BUCKET}/o`),
    handle: ({ query, request, response }, _bucket, _object, uploads) =>
      uploads.receive(query.get('upload_id') ?? '', request, response, declaredInHeaders(request)),
  },
];

/** Parameters that would change an answer, with what they are for. */
const PARAMETERS_NOT_MODELLED: Readonly<Record<string, string>> = {
  filter: 'filters of listings',
  includeFoldersAsPrefixes: 'folders',
  includeTrailingDelimiter: 'trailing delimiters in listings',
  kmsKeyName: 'customer-managed encryption keys',
  matchGlob: 'glob patterns',
  predefinedAcl: 'access control lists',
  softDeleted: 'soft-deleted objects',
};

/** The JSON API of Cloud Storage as a request listener. */
export function storageApi(options: StorageApiOptions): RequestListener {
  const access = new Access(options);
  const uploads = new ResumableUploads();
  return (request, response) => {
    answer(request, response, options, access, uploads).catch((error: unknown) => {
      if (error instanceof StorageError) return sendError(request, response, error);
      // The caller has gone: nobody is left to be told, and nothing has failed here.
      if (request.destroyed && !request.complete) return undefined;
      if (response.destroyed) return undefined;
      options.onInternalError(error);
      const internal = new StorageError(
        500,
        'backendError',
        'We encountered an internal error. Please try again.',
      );
      return sendError(request, response, internal);
    });
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { storage }: StorageApiOptions,
  access: Access,
  uploads: ResumableUploads,
): Promise<void> {
  // Not `new URL()`, which would resolve a path segment that is an object's name with dots.
  const [path = '', search = ''] = (request.url ?? '').split(/\?(.*)/s);
  const query = new URLSearchParams(search);
  const method = request.method ?? '';
  const route = ROUTES.find((candidate) => candidate.method === method && candidate.path.test(path));
  if (!route) throw notModelled(`${method} ${path}`);
  const [bucket, object] = (route.path.exec(path) ?? []).slice(1).map(decodeSegment);

  const fault = storage.takeFault(
    method,
    object ?? uploads.objectName(query.get('upload_id') ?? '') ?? query.get('name') ?? undefined,
  );
  if (fault) return sendFault(response, fault);

  refuseNotModelled(request, query);
  // Whoever knows an upload's id may go on with it: it was given to the caller who began it.
  const caller: Caller = method === 'PUT' ? { email: undefined } : access.caller(request);
  return route.handle(
    { storage, access, caller, request, response, query },
    bucket ?? '',
    object ?? '',
    uploads,
  );
}

function pattern(path: string): RegExp {
  return new RegExp(`^${path}$`);
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw invalid(`Not a percent-encoded name: "${segment}"`);
  }
}

function refuseNotModelled(request: IncomingMessage, query: URLSearchParams): void {
  for (const [parameter, feature] of Object.entries(PARAMETERS_NOT_MODELLED)) {
    const value = query.get(parameter);
    if (value !== null && value !== '' && value !== 'false') throw notModelled(feature);
  }
  if (request.headers['x-goog-encryption-key'] !== undefined) {
    throw notModelled('customer-supplied encryption keys');
  }
}

const FAULT_REASONS: Readonly<Record<number, string>> = {
  408: 'uploadBrokenConnection',
  429: 'rateLimitExceeded',
};

function sendFault(response: ServerResponse, { status, retryAfterSec }: FaultRule): void {
  if (retryAfterSec !== undefined) response.setHeader('Retry-After', retryAfterSec);
  const reason = FAULT_REASONS[status] ?? (status >= 500 ? 'backendError' : 'invalid');
  const error = new StorageError(status, reason, 'We encountered an internal error. Please try again.');
  sendJson(response, error.toJSON(), status);
}

function sendError(request: IncomingMessage, response: ServerResponse, error: StorageError): void {
  if (response.headersSent) {
    response.destroy();
  } else if (error.status === 304) {
    response.writeHead(304).end();
  } else if (/[?&]alt=media(&|$)/.test(request.url ?? '')) {
    // Google answers a download in plain words.
    response.writeHead(error.status, { 'Content-Type': 'text/plain; charset=UTF-8' }).end(error.message);
  } else {
    sendJson(response, error.toJSON(), error.status);
  }
}
