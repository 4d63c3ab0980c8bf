import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { status } from '@grpc/grpc-js';
import {
  decodeExport,
  encodeResponse,
  encodeStatus,
  type ExportRequest,
  type OtlpEncoding,
} from './otlp-codec';
import { fromOtlp, resourceAttribute } from './otlp-spans';
import { authenticateWriter, authorizeWriter, TraceRefusal, type TraceAccess } from './trace-access';
import type { TraceStore } from './trace-store';

/** Path of OTLP/HTTP for traces (OTLP specification, "OTLP/HTTP Request"). */
export const OTLP_TRACES_PATH = '/v1/traces';

/** Larger bodies, compressed or not, are refused; OpenTelemetry's collector does at this size (confighttp). */
const BODY_LIMIT_BYTES = 20 * 1024 * 1024;

/** HTTP statuses of the google.rpc codes (google/rpc/code.proto). */
const HTTP_STATUS: Readonly<Record<TraceRefusal['reason'], number>> = {
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  INVALID_ARGUMENT: 400,
  RESOURCE_EXHAUSTED: 429,
};

interface OtlpHttpOptions {
  readonly traces: TraceStore;
  /**
   * Demands a bearer token and `gcp.project_id` in the resource, as telemetry.googleapis.com does. Without it the
   * endpoint takes spans from anybody, as a collector on the same machine.
   */
  readonly access?: TraceAccess;
}

/**
 * Answers `POST /v1/traces` in JSON or protobuf, plain or gzip, and every other request with 404 or 405. The promise
 * never rejects.
 */
export function otlpHttpHandler(
  options: OtlpHttpOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const contentType = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
    const encoding = contentType === 'application/x-protobuf' ? contentType : 'application/json';
    const send = (httpStatus: number, body: Buffer): void => {
      response.writeHead(httpStatus, { 'content-type': encoding, 'content-length': body.length });
      response.end(body);
    };
    const refuse = (httpStatus: number, code: number, message: string): void => {
      // What is left of the body is not read, so the connection cannot be used again.
      if (!request.complete) response.setHeader('connection', 'close');
      send(httpStatus, encodeStatus({ code, message }, encoding));
    };

    const path = request.url?.split('?')[0];
    if (path !== OTLP_TRACES_PATH)
      return refuse(404, status.NOT_FOUND, `There is only ${OTLP_TRACES_PATH} here.`);
    if (request.method !== 'POST') {
      response.setHeader('allow', 'POST');
      return refuse(405, status.UNIMPLEMENTED, `${OTLP_TRACES_PATH} takes POST.`);
    }
    if (contentType !== encoding) {
      return refuse(
        415,
        status.INVALID_ARGUMENT,
        `Content type '${contentType ?? ''}' is not application/json or application/x-protobuf.`,
      );
    }
    try {
      const email = options.access && authenticateWriter(options.access, request.headers.authorization);
      const exported = decode(await readBody(request), encoding);
      if (options.access && email !== undefined) authorizeAll(options.access, email, exported);
      const { spans, refusals } = fromOtlp(exported);
      const full = options.traces.add(spans);
      const rejectedSpans = refusals.length + full;
      const errorMessage = [...refusals.slice(0, 3), ...(full > 0 ? ['the trace is full'] : [])].join('; ');
      send(
        200,
        encodeResponse(
          rejectedSpans > 0 ? { partialSuccess: { rejectedSpans, errorMessage } } : {},
          encoding,
        ),
      );
    } catch (error) {
      if (error instanceof BodyTooLarge) return refuse(413, status.INVALID_ARGUMENT, error.message);
      if (error instanceof TraceRefusal)
        return refuse(HTTP_STATUS[error.reason], status[error.reason], error.message);
      refuse(500, status.INTERNAL, error instanceof Error ? error.message : String(error));
    }
  };
}

class BodyTooLarge extends Error {
  constructor() {
    super(`The body is larger than ${BODY_LIMIT_BYTES} bytes; export smaller batches.`);
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT_BYTES) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  const compression = request.headers['content-encoding'] ?? 'identity';
  if (compression === 'identity') return body;
  if (compression !== 'gzip') {
    throw new TraceRefusal('INVALID_ARGUMENT', `Content encoding '${compression}' is not gzip or identity.`);
  }
  try {
    return await promisify(gunzip)(body, { maxOutputLength: BODY_LIMIT_BYTES });
  } catch (error) {
    const tooLarge =
      typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    if (tooLarge) throw new BodyTooLarge();
    throw new TraceRefusal('INVALID_ARGUMENT', `The body is not gzip: ${String(error)}.`);
  }
}

function decode(body: Buffer, encoding: OtlpEncoding): ExportRequest {
  try {
    return decodeExport(body, encoding);
  } catch (error) {
    throw new TraceRefusal(
      'INVALID_ARGUMENT',
      `The body is no export request in ${encoding}: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}

function authorizeAll(access: TraceAccess, email: string, request: ExportRequest): void {
  for (const group of request.resourceSpans ?? []) {
    const projectId = resourceAttribute(group, 'gcp.project_id');
    if (projectId === undefined) {
      throw new TraceRefusal(
        'INVALID_ARGUMENT',
        'The resource is missing the required attribute "gcp.project_id".',
      );
    }
    authorizeWriter(access, email, projectId);
  }
}
