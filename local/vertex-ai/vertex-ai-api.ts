import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault, FaultRules } from '../faults/fault-rules';
import { serverTiming } from '../faults/interference';
import { strikeContent, untilSent } from '../faults/strike-content';
import { distanceOf, REGIONS } from '../network/region-latency';
import { watchExchange } from '../trace/peer-exchange';
import type { Span } from '../trace/span';
import { answerContent, streamContent } from './content-answer';
import { readContentRequest } from './content-request';
import { speedOf, tokenMs } from './model-speed';
import { requireAccess, type ModelName, type VertexAiAccessOptions } from './vertex-ai-access';
import { notModelled, VertexAiError, type VertexAiStatus } from './vertex-ai-error';
import { vertexAiSpan } from './vertex-ai-span';

export interface VertexAiApiOptions extends VertexAiAccessOptions {
  readonly faults: FaultRules;
  /** Where the one runs who was issued an access token, if it is known. */
  readonly regionOf: (token: string) => string | undefined;
  /** Told of requests whose caller sent trace context. */
  readonly onSpan: (span: Span) => void;
  /** Told of failures of this program, as opposed to errors that the API answers with. */
  readonly onInternalError: (error: unknown) => void;
}

/** Hosts of the locations that are modelled: the regions and `global`, but not the multi-regions. */
export function vertexAiHosts(): string[] {
  const host = 'aiplatform.googleapis.com';
  return [host, ...REGIONS.map((region) => `${region}-${host}`)];
}

/** A call of a model of Google's; the other publishers' have their own wire formats. */
const MODEL_CALL =
  /^\/v1(?:beta1)?\/projects\/([^/]+)\/locations\/([^/]+)\/publishers\/google\/models\/([^/:]+):([A-Za-z]+)$/;

/**
 * Vertex AI's REST API for content, as Google's client of Gemini uses it
 * (cloud.google.com/vertex-ai/generative-ai/docs/reference/rest). No model runs: answers are the beginning of what was
 * said, and take as long as those of a model of that size.
 */
export function vertexAiApi(options: VertexAiApiOptions): RequestListener {
  return (request, response) => {
    const closed = new AbortController();
    response.on('close', () => closed.abort());
    answer(request, response, options, closed.signal).catch((error: unknown) => {
      // Nobody is left to be told.
      if (closed.signal.aborted || response.destroyed) return;
      if (error instanceof VertexAiError) {
        sendError(response, error);
        return;
      }
      options.onInternalError(error);
      sendError(response, new VertexAiError(500, 'INTERNAL', 'Internal error encountered.'));
    });
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: VertexAiApiOptions,
  closed: AbortSignal,
): Promise<void> {
  const { name, method, isStream } = readCall(request);
  const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const speed = speedOf(name.model);
  const fault = options.faults.take({ method: 'POST', model: name.model });
  const region = token === undefined ? undefined : options.regionOf(token);
  const distance = distanceOf(request.socket, region, [name.location]);
  const interference = { fault, distance, speed };
  if (fault ?? distance) response.setHeader('Server-Timing', serverTiming(interference));
  watchExchange(request, response, (exchange) =>
    options.onSpan(vertexAiSpan(exchange, { ...name, ...interference, method })),
  );
  const waitMs = (distance?.latencyMs ?? 0) + (fault?.latencyMs ?? 0);
  if (waitMs > 0) await delay(waitMs, undefined, { signal: closed });
  strike(fault, request, response);

  requireAccess(options, token, name);
  const asked = readContentRequest(await text(request));
  const startedAt = performance.now();
  const parts = isStream ? streamContent(asked) : [answerContent(asked)];
  const written = async function* (): AsyncGenerator<Buffer> {
    for (const { body, tokens } of parts) {
      await delay(startedAt + tokenMs(speed, tokens) - performance.now(), undefined, { signal: closed });
      if (!response.headersSent) response.writeHead(200, { 'Content-Type': contentType(isStream) });
      const json = JSON.stringify(body);
      yield Buffer.from(isStream ? `data: ${json}\r\n\r\n` : json);
    }
  };
  const brokenOff = async (): Promise<Error> => {
    await untilSent(response);
    request.socket.destroy();
    return new Error('an injected fault broke the answer off');
  };
  const content =
    fault?.connection === 'abort' ? strikeContent(written(), abortOf(fault), brokenOff) : written();
  await pipeline(Readable.from(content), response);
}

/** What a request is for. Throws 404 and 501. */
function readCall({ method: verb, url = '' }: IncomingMessage): {
  readonly name: ModelName;
  readonly method: string;
  readonly isStream: boolean;
} {
  const [path = '', query] = url.split('?', 2);
  const [, projectId, location, model, method] = MODEL_CALL.exec(path) ?? [];
  if (verb !== 'POST' || !projectId || !location || !model || !method) {
    throw new VertexAiError(404, 'NOT_FOUND', `The local Vertex AI has no ${verb ?? ''} ${path}.`);
  }
  const isStream = method === 'streamGenerateContent';
  if (!isStream && method !== 'generateContent') throw notModelled(`the method ${method}`);
  if (isStream && new URLSearchParams(query).get('alt') !== 'sse')
    throw notModelled('streams without alt=sse');
  return { name: { projectId, location, model }, method, isStream };
}

/** Throws what a fault answers with; the connection of one that resets it is reset then, and nobody is left to be told. */
function strike(fault: Fault | undefined, request: IncomingMessage, response: ServerResponse): void {
  if (fault?.connection === 'reset') {
    request.socket.destroy();
    response.destroy();
    throw new Error('an injected fault reset the connection');
  }
  if (fault?.status === undefined) return;
  if (fault.retryAfterSec !== undefined) response.setHeader('Retry-After', fault.retryAfterSec);
  throw new VertexAiError(
    fault.status,
    STATUS_WORDS[fault.status] ?? otherStatus(fault.status),
    'An injected fault.',
  );
}

/** google.rpc.Code by HTTP status (google.aip.dev/193), as far as clients tell them apart. */
const STATUS_WORDS: Readonly<Record<number, VertexAiStatus>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

function otherStatus(status: number): VertexAiStatus {
  return status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT';
}

/** Its latency is waited for already. */
function abortOf({ afterBytes }: Fault): Fault {
  return { connection: 'abort', ...(afterBytes !== undefined && { afterBytes }) };
}

function contentType(isStream: boolean): string {
  return isStream ? 'text/event-stream' : 'application/json; charset=UTF-8';
}

function sendError(response: ServerResponse, error: VertexAiError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(error.code, { 'Content-Type': contentType(false) }).end(JSON.stringify(error));
}
