import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../faults/fault-rules';
import { type Interference, serverTiming } from '../faults/interference';
import { strikeContent, untilSent } from '../faults/strike-content';
import { distanceOf } from '../network/region-latency';
import type { Span } from '../trace/span';
import { receiveTraceContext } from '../trace/trace-context';
import { Access, type AccessOptions, type Caller } from './access';
import { getBucket, insertBucket, listBuckets, patchBucket, testIamPermissions } from './bucket-requests';
import type { CloudStorage } from './cloud-storage';
import { instructedFault } from './emulator-instructions';
import { regionsOf } from './locations';
import { deleteObject, getObject, listObjects, patchObject } from './object-requests';
import { ResumableUploads } from './resumable-uploads';
import { invalid, notModelled, StorageError } from './storage-error';
import { sendJson, type StorageRequest } from './storage-request';
import { type StorageExchange, storageSpan } from './storage-span';
import { declaredInHeaders, insertObject } from './upload-requests';
import { downloadObject, sendXmlError, XML_OBJECT } from './xml-download';

export interface StorageApiOptions extends AccessOptions {
  readonly storage: CloudStorage;
  /** Where the one runs who was issued an access token, if it is known. */
  readonly regionOf: (token: string) => string | undefined;
  /** Told of requests that took the way between regions or got a fault, and whose caller sent trace context. */
  readonly onSpan: (span: Span) => void;
  /** Told of failures of this program, as opposed to errors that the API answers with. */
  readonly onInternalError: (error: unknown) => void;
}

interface Route {
  /** The JSON API's own name. */
  readonly operation: string;
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
  { operation: 'storage.buckets.list', method: 'GET', path: /^\/storage\/v1\/b$/, handle: listBuckets },
  { operation: 'storage.buckets.insert', method: 'POST', path: /^\/storage\/v1\/b$/, handle: insertBucket },
  { operation: 'storage.buckets.get', method: 'GET', path: pattern(BUCKET), handle: getBucket },
  { operation: 'storage.buckets.patch', method: 'PATCH', path: pattern(BUCKET), handle: patchBucket },
  {
    operation: 'storage.buckets.testIamPermissions',
    method: 'GET',
    path: pattern(`${BUCKET}/iam/testPermissions`),
    handle: testIamPermissions,
  },
  { operation: 'storage.objects.list', method: 'GET', path: pattern(`${BUCKET}/o`), handle: listObjects },
  {
    operation: 'storage.objects.get',
    method: 'GET',
    path: pattern(`(?:/download)?${BUCKET}/o/([^/]+)`),
    handle: getObject,
  },
  {
    operation: 'storage.objects.patch',
    method: 'PATCH',
    path: pattern(`${BUCKET}/o/([^/]+)`),
    handle: patchObject,
  },
  {
    operation: 'storage.objects.delete',
    method: 'DELETE',
    path: pattern(`${BUCKET}/o/([^/]+)`),
    handle: deleteObject,
  },
  {
    operation: 'storage.objects.insert',
    method: 'POST',
    path: pattern(`/upload${BUCKET}/o`),
    handle: (call, bucket, _object, uploads) => insertObject(call, bucket, uploads),
  },
  {
    operation: 'storage.objects.insert',
    method: 'PUT',
    path: pattern(`/upload${BUCKET}/o`),
    handle: (call, _bucket, _object, uploads) =>
      uploads.receive(call.query.get('upload_id') ?? '', call, declaredInHeaders(call.request)),
  },
  { operation: 'storage.objects.get', method: 'GET', path: XML_OBJECT, handle: downloadObject },
];

/** Parameters that would change an answer, with what they are for. */
const PARAMETERS_NOT_MODELLED: Readonly<Record<string, string>> = {
  enableObjectRetention: 'object retention',
  filter: 'filters of listings',
  includeFoldersAsPrefixes: 'folders',
  includeTrailingDelimiter: 'trailing delimiters in listings',
  kmsKeyName: 'customer-managed encryption keys',
  matchGlob: 'glob patterns',
  predefinedAcl: 'access control lists',
  predefinedDefaultObjectAcl: 'access control lists',
  softDeleted: 'soft-deleted objects',
};

/** The JSON API of Cloud Storage, and downloads by the XML API, as a request listener. */
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
  options: StorageApiOptions,
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

  const { storage } = options;
  const named = object ?? uploads.objectName(query.get('upload_id') ?? '') ?? query.get('name') ?? undefined;
  const fault = instructedFault(request.headers) ?? storage.takeFault(method, bucket, named);
  const record = bucket === undefined ? undefined : storage.bucket(bucket)?.record;
  const distance =
    record && distanceOf(request.socket, regionOf(request, options), regionsOf(record.location));
  if (fault ?? distance) {
    tell({ fault, distance }, request, response, (exchange) =>
      options.onSpan(
        storageSpan({ ...exchange, operation: route.operation, method, bucket, location: record?.location }),
      ),
    );
  }
  if (distance) await delay(distance.latencyMs);

  const isDownload = query.get('alt') === 'media' || route.handle === downloadObject;
  const hasContent = method === 'POST' || method === 'PUT' || isDownload;
  const content =
    hasContent && (fault?.afterBytes !== undefined || fault?.connection === 'abort') ? fault : undefined;
  const fail = (struck: Fault): Promise<Error> => failure(struck, request, response);
  if (fault && !content) {
    if (fault.latencyMs !== undefined) await delay(fault.latencyMs);
    if (fault.status !== undefined || fault.connection !== undefined) throw await fail(fault);
  }

  refuseNotModelled(request, query);
  // Whoever knows an upload's id may go on with it: it was given to the caller who began it.
  const caller: Caller = method === 'PUT' ? { email: undefined } : access.caller(request);
  const strike = (bytes: AsyncIterable<Buffer>): AsyncIterable<Buffer> =>
    content ? strikeContent(bytes, content, () => fail(content)) : bytes;
  const isUpload = method !== 'GET';
  return route.handle(
    {
      storage,
      access,
      caller,
      request,
      body: isUpload ? strike(request) : request,
      download: isUpload ? (bytes) => bytes : strike,
      response,
      query,
    },
    bucket ?? '',
    object ?? '',
    uploads,
  );
}

function regionOf({ headers }: IncomingMessage, options: StorageApiOptions): string | undefined {
  const token = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  return token === undefined ? undefined : options.regionOf(token);
}

type Ended = Interference & Pick<StorageExchange, 'context' | 'startUnixMs' | 'durationMs' | 'status'>;

/** Says what was done to a request: to its caller at once and, where that one is in a trace, in the trace at its end. */
function tell(
  interference: Interference,
  request: IncomingMessage,
  response: ServerResponse,
  onEnd: (exchange: Ended) => void,
): void {
  response.setHeader('Server-Timing', serverTiming(interference));
  const context = receiveTraceContext(request.headers);
  if (context.caller?.spanId === undefined) return;
  const startedAt = performance.now();
  response.on('close', () =>
    onEnd({
      ...interference,
      context,
      startUnixMs: performance.timeOrigin + startedAt,
      durationMs: performance.now() - startedAt,
      status: response.headersSent ? response.statusCode : undefined,
    }),
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

/** The fault as an error to throw; a broken connection is broken already, and nobody is left to be told of it. */
async function failure(fault: Fault, request: IncomingMessage, response: ServerResponse): Promise<Error> {
  const { connection, retryAfterSec, status = 503 } = fault;
  if (connection !== undefined) {
    if (connection === 'abort') await untilSent(response);
    response.destroy();
    request.socket.destroy();
  } else if (retryAfterSec !== undefined && !response.headersSent) {
    response.setHeader('Retry-After', retryAfterSec);
  }
  const reason = FAULT_REASONS[status] ?? (status >= 500 ? 'backendError' : 'invalid');
  return new StorageError(status, reason, 'We encountered an internal error. Please try again.');
}

function sendError(request: IncomingMessage, response: ServerResponse, error: StorageError): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
  } else if (error.status === 304) {
    response.writeHead(304).end();
  } else if (/[?&]alt=media(&|$)/.test(request.url ?? '')) {
    // Google answers a download in plain words.
    response.writeHead(error.status, { 'Content-Type': 'text/plain; charset=UTF-8' }).end(error.message);
  } else if (XML_OBJECT.test(request.url ?? '')) {
    sendXmlError(response, error);
  } else {
    sendJson(response, error.toJSON(), error.status);
  }
}
