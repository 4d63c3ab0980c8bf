import { createServer, type Server as TcpServer, type Socket } from 'node:net';
import { Server, ServerCredentials, status, type handleUnaryCall, type Metadata } from '@grpc/grpc-js';
import { loadSync, type AnyDefinition, type ServiceDefinition } from '@grpc/proto-loader';
import { closeHttpServer, listenOnLoopback } from '../network/loopback-server';
import { sourceFile } from '../source-file';
import { fromCloudTrace, projectOf, type CloudTraceSpan } from './cloud-trace-span';
import {
  authenticateWriter,
  authorizeWriter,
  TraceRefusal,
  traceFull,
  type TraceAccess,
} from './trace-access';
import type { TraceStore } from './trace-store';

interface CloudTraceServerOptions extends TraceAccess {
  readonly traces: TraceStore;
  /** PEM of a certificate for cloudtrace.googleapis.com and its key: Google's exporter speaks TLS only. */
  readonly cert: string;
  readonly key: string;
}

interface BatchWriteSpansRequest {
  readonly name?: string;
  readonly spans?: readonly CloudTraceSpan[];
}

/** google.devtools.cloudtrace.v2.TraceService over TLS on a free port of 127.0.0.1. */
export class CloudTraceServer {
  readonly port: number;
  readonly #server: Server;
  readonly #listener: TcpServer;

  static async start(options: CloudTraceServerOptions): Promise<CloudTraceServer> {
    const server = new Server();
    server.addService(traceService(), {
      BatchWriteSpans: unary<BatchWriteSpansRequest>(options, (request, email) => {
        const projectId = /^projects\/([^/]+)$/.exec(request.name ?? '')?.[1];
        if (projectId === undefined) {
          throw new TraceRefusal('INVALID_ARGUMENT', `name '${request.name ?? ''}' is not projects/PROJECT.`);
        }
        authorizeWriter(options, email, projectId);
        const spans = request.spans ?? [];
        const foreign = spans.find((span) => projectOf(span) !== projectId);
        if (foreign) {
          throw new TraceRefusal(
            'INVALID_ARGUMENT',
            `Span '${foreign.name ?? ''}' does not belong to '${request.name ?? ''}'.`,
          );
        }
        store(options.traces, spans);
        return {};
      }),
      CreateSpan: unary<CloudTraceSpan>(options, (span, email) => {
        authorizeWriter(options, email, projectOf(span));
        store(options.traces, [span]);
        return span;
      }),
    });
    const credentials = ServerCredentials.createSsl(null, [
      { private_key: Buffer.from(options.key), cert_chain: Buffer.from(options.cert) },
    ]);
    // A listener of our own: one of grpc-js would wait for connections that never get through their TLS handshake.
    const injector = server.createConnectionInjector(credentials);
    const listener = createServer((socket: Socket) => injector.injectConnection(socket));
    return new CloudTraceServer(server, listener, await listenOnLoopback(listener));
  }

  private constructor(server: Server, listener: TcpServer, port: number) {
    this.#server = server;
    this.#listener = listener;
    this.port = port;
  }

  /** Ends open connections and frees the port. */
  async dispose(): Promise<void> {
    this.#server.forceShutdown();
    await closeHttpServer(this.#listener);
  }
}

function store(traces: TraceStore, spans: readonly CloudTraceSpan[]): void {
  const refused = traces.add(spans.map(fromCloudTrace));
  if (refused > 0) throw traceFull(refused);
}

/** A handler that authenticates first, and answers a refusal with its gRPC status. */
function unary<Request>(
  access: TraceAccess,
  answer: (request: Request, email: string) => object,
): handleUnaryCall<Request, object> {
  return (call, callback) => {
    try {
      callback(null, answer(call.request, authenticateWriter(access, authorizationOf(call.metadata))));
    } catch (error) {
      const code = error instanceof TraceRefusal ? status[error.reason] : status.INTERNAL;
      callback({ code, details: error instanceof Error ? error.message : String(error) });
    }
  };
}

function authorizationOf(metadata: Metadata): string | undefined {
  const [value] = metadata.get('authorization');
  return value === undefined ? undefined : String(value);
}

const SERVICE = 'google.devtools.cloudtrace.v2.TraceService';

function traceService(): ServiceDefinition {
  const definition = loadSync(sourceFile('trace', 'cloud-trace.proto'), { longs: String, enums: String })[
    SERVICE
  ];
  if (!definition || isMessage(definition)) throw new Error(`cloud-trace.proto has no service ${SERVICE}`);
  return definition;
}

function isMessage(definition: AnyDefinition): definition is Exclude<AnyDefinition, ServiceDefinition> {
  return 'format' in definition && typeof definition.format === 'string';
}
