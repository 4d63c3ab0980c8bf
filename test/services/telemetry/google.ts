import { mkdtempSync, readFileSync } from 'node:fs';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import {
  Metadata,
  Server as GrpcServer,
  ServerCredentials,
  type status,
  type sendUnaryData,
  type ServerUnaryCall,
} from '@grpc/grpc-js';
import { fromJSON, type ServiceDefinition } from '@grpc/proto-loader';
import { createCertificateAuthority } from '../../../local/network/certificate-authority';
import { startEgressProxy } from '../../../local/network/egress-proxy';
import { closeHttpServer, listenOnLoopback } from '../../../local/network/loopback-server';
import { decodeExport } from '../../../local/trace/otlp-codec';
import { resourceAttribute } from '../../../local/trace/otlp-spans';

/** Google's own definition of Cloud Trace, which its exporter carries. */
const PROTOS = require.resolve('@google-cloud/opentelemetry-cloud-trace-exporter/build/protos/protos.json');

/** A span as Cloud Trace gets it. */
export interface WireSpan {
  readonly attributes: { readonly attributeMap: Readonly<Record<string, Record<string, unknown>>> };
}

type Call = ServerUnaryCall<{ readonly name: string; readonly spans: readonly WireSpan[] }, object>;
type Answer = sendUnaryData<object>;

/** The servers of Google that telemetry talks to, over TLS behind an egress proxy, with faults as a test sets them. */
export class Google {
  /** Requests that arrived at Cloud Trace or the Telemetry API: how many spans each had. */
  readonly batches: number[] = [];
  readonly spans: WireSpan[] = [];
  /** The project of each of those requests, as `projects/ID`; without an ID where a resource names none. */
  readonly projects: string[] = [];
  /** Authorization of every request to telemetry.googleapis.com. */
  readonly tokens: (string | undefined)[] = [];
  metadataRequests = 0;
  /** What the metadata server says of the project; undefined: 404. */
  project: () => string | undefined = () => undefined;
  cloudTrace: (answer: Answer, call: Call) => void = (answer) => answer(null, {});
  telemetry: (response: ServerResponse) => void = (response) => response.writeHead(200).end();

  readonly #dispose: (() => Promise<void> | void)[] = [];
  #env: Record<string, string> = {};

  static async start(): Promise<Google> {
    const google = new Google();
    const tls = await createCertificateAuthority(mkdtempSync(join(tmpdir(), 'google-')));
    const otlp = createHttpsServer(tls, (request, response) => {
      google.tokens.push(request.headers.authorization);
      void google.#receive(request).then(() => google.telemetry(response));
    });
    const tokens = createHttpsServer(tls, (_request, response) => giveToken(response));
    const proxy = await startEgressProxy({
      routes: new Map([
        ['cloudtrace.googleapis.com:443', await google.#startCloudTrace(tls)],
        ['telemetry.googleapis.com:443', await google.#listen(otlp)],
        ['oauth2.googleapis.com:443', await google.#listen(tokens)],
      ]),
      onRefused: (message) => {
        throw new Error(message);
      },
    });
    google.#dispose.push(() => proxy.close());
    google.#env = {
      GCE_METADATA_HOST: `127.0.0.1:${await google.#startMetadata()}`,
      HTTPS_PROXY: proxy.url,
      grpc_proxy: proxy.url,
      NO_PROXY: '127.0.0.1',
      no_proxy: '127.0.0.1',
      NODE_EXTRA_CA_CERTS: tls.caFile,
      GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: tls.caFile,
    };
    return google;
  }

  /** What a process needs to reach these servers, besides the exporter's name. */
  env(exporter: 'gcp_trace' | 'otlp'): Record<string, string> {
    return { ...this.#env, OTEL_TRACES_EXPORTER: exporter };
  }

  async dispose(): Promise<void> {
    for (const dispose of this.#dispose) await dispose();
  }

  /** What the Telemetry API is sent. */
  async #receive(request: IncomingMessage): Promise<void> {
    const { resourceSpans = [] } = decodeExport(await buffer(request), 'application/x-protobuf');
    for (const group of resourceSpans) {
      this.projects.push(`projects/${resourceAttribute(group, 'gcp.project_id') ?? ''}`);
      this.batches.push(group.scopeSpans?.flatMap(({ spans = [] }) => spans).length ?? 0);
    }
  }

  #startMetadata(): Promise<number> {
    return this.#listen(
      createHttpServer((request, response) => {
        this.metadataRequests += 1;
        response.setHeader('metadata-flavor', 'Google');
        if (request.url?.includes('/token')) return giveToken(response);
        if (!request.url?.endsWith('/project-id')) return response.end('{}');
        const project = this.project();
        return response.writeHead(project === undefined ? 404 : 200).end(project);
      }),
    );
  }

  async #listen(server: Server): Promise<number> {
    this.#dispose.push(() => closeHttpServer(server));
    return listenOnLoopback(server);
  }

  #startCloudTrace(tls: { readonly cert: string; readonly key: string }): Promise<number> {
    const server = new GrpcServer();
    server.addService(traceService(), {
      BatchWriteSpans: (call: Call, answer: Answer) => {
        this.batches.push(call.request.spans.length);
        this.projects.push(call.request.name);
        this.cloudTrace((error, ...rest) => {
          if (!error) this.spans.push(...call.request.spans);
          answer(error, ...rest);
        }, call);
      },
    });
    this.#dispose.push(() => server.forceShutdown());
    const pair = { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) };
    const credentials = ServerCredentials.createSsl(null, [pair]);
    return new Promise((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', credentials, (error, port) => (error ? reject(error) : resolve(port)));
    });
  }
}

function giveToken(response: ServerResponse): ServerResponse {
  response.setHeader('content-type', 'application/json');
  return response.end('{"access_token":"secret","expires_in":3600,"token_type":"Bearer"}');
}

/** An answer of gRPC that is a failure. */
export function refusal(
  code: status,
  details: string,
  trailer: Record<string, string> = {},
): Parameters<Answer>[0] {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(trailer)) metadata.set(key, value);
  return { code, details, metadata };
}

function traceService(): ServiceDefinition {
  const definitions = fromJSON(JSON.parse(readFileSync(PROTOS, 'utf8')), { longs: String, defaults: true });
  const service = definitions['google.devtools.cloudtrace.v2.TraceService'];
  if (!service || !('BatchWriteSpans' in service)) throw new Error('the exporter carries another definition');
  return service;
}
