import { createServer, type IncomingMessage } from 'node:http';
import { closeHttpServer, listenOnLoopback } from '../network/loopback-server';
import { refusalOf } from '../network/request-guard';
import { ImageError, type ImageStore } from './image-store';

export interface RegistryServer {
  /** For LOCAL_CLOUD_REGISTRY. */
  readonly url: string;
  close(): Promise<void>;
}

/** A path and some JSON around it; nothing that is published is sent through this door. */
const BODY_LIMIT_BYTES = 64 * 1024;

/** Takes images for `store`: `PUT /images?uri=<image URI>` with `{"directory": "<absolute path>"}` answers 201. */
export async function startRegistryServer(store: ImageStore): Promise<RegistryServer> {
  const server = createServer((request, response) => {
    const reply = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    publish(store, request).then(
      (uri) => reply(201, { uri }),
      (error: unknown) =>
        reply(error instanceof ImageError ? 400 : 500, {
          error: error instanceof Error ? error.message : String(error),
        }),
    );
  });
  return { url: `http://127.0.0.1:${await listenOnLoopback(server)}`, close: () => closeHttpServer(server) };
}

async function publish(store: ImageStore, request: IncomingMessage): Promise<string> {
  const refusal = refusalOf(request);
  if (refusal !== undefined) throw new ImageError(refusal);
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const uri = url.searchParams.get('uri');
  if (request.method !== 'PUT' || url.pathname !== '/images' || !uri) {
    throw new ImageError(`got ${request.method} ${url.pathname}, want PUT /images?uri=<image URI>`);
  }
  const directory = directoryIn(await readBody(request));
  if (directory === undefined) throw new ImageError('the body must be {"directory": "<absolute path>"}');
  await store.publish(uri, directory);
  return uri;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT_BYTES) throw new ImageError(`the body is longer than ${BODY_LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function directoryIn(body: string): string | undefined {
  try {
    const value: unknown = JSON.parse(body);
    const directory: unknown =
      typeof value === 'object' && value !== null && 'directory' in value ? value.directory : undefined;
    return typeof directory === 'string' ? directory : undefined;
  } catch {
    // The caller is told what the body must be.
    return undefined;
  }
}
