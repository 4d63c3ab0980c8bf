import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access, Caller } from './access';
import type { CloudStorage } from './cloud-storage';
import { invalid } from './storage-error';

/** One request to the JSON API with what all operations need. */
export interface StorageRequest {
  readonly storage: CloudStorage;
  readonly access: Access;
  readonly caller: Caller;
  readonly request: IncomingMessage;
  /** The request's body, as far as a fault lets it through. */
  readonly body: AsyncIterable<Buffer>;
  /** Lets content on its way to the caller through as far as a fault does. */
  readonly download: (content: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
}

/** The `generation` parameter; throws 400. */
export function generationOf(query: URLSearchParams): number | undefined {
  const value = query.get('generation');
  if (value === null) return undefined;
  if (!/^\d{1,19}$/.test(value)) throw invalid(`Invalid value for generation: "${value}"`);
  return Number(value);
}

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=UTF-8',
    'Cache-Control': 'no-cache, no-store, max-age=0, must-revalidate',
  });
  response.end(JSON.stringify(body));
}

/** The whole body. Throws where the caller goes away before its end. */
export async function readBody(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}
