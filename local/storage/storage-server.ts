import { createServer } from 'node:https';
import { closeHttpServer, listenOnLoopback } from '../network/loopback-server';
import { storageApi, type StorageApiOptions } from './storage-api';

export interface StorageServerOptions extends StorageApiOptions {
  /** PEM, for the host names that callers use. */
  readonly tls: { readonly key: string; readonly cert: string };
}

export interface StorageServer {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** Serves the JSON API over TLS on 127.0.0.1, on a port of the system's choice. */
export async function startStorageServer({ tls, ...options }: StorageServerOptions): Promise<StorageServer> {
  const server = createServer(tls, storageApi(options));
  return { port: await listenOnLoopback(server), close: () => closeHttpServer(server) };
}
