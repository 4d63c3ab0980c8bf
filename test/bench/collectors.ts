import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { rootCertificates } from 'node:tls';
import { listenLocally } from '../services/telemetry/http';
import { Google } from '../services/telemetry/google';

/**
 * Everything that the variants talk to, in a process of its own: Cloud Trace behind TLS, an OTLP collector, Datadog's agent,
 * and whom `GET /out` asks. Whoever forks it gets the variables that lead there. It ends with its parent.
 */
export interface Collectors {
  readonly google: Record<string, string>;
  readonly http: string;
}

async function main(): Promise<void> {
  const google = await Google.start();
  // What was received is never looked at.
  setInterval(() => {
    google.spans.length = 0;
    google.batches.length = 0;
  }, 1_000);
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      // Datadog's agent answers with the rates per service, here with none; OTLP's answer is an empty message.
      const isAgent = request.url?.startsWith('/v0.') === true;
      response.writeHead(200, { 'content-type': isAgent ? 'application/json' : 'text/plain' });
      response.end(isAgent ? '{"rate_by_service":{}}' : '');
    });
  });
  const http = await listenLocally(server);
  process.on('disconnect', () => process.exit());
  process.send?.({ google: likeProduction(google.env('gcp_trace')), http } satisfies Collectors);
}

/**
 * NODE_EXTRA_CA_CERTS makes Node.js read every root certificate while it starts, which production does not. Here gRPC reads
 * them, and the collector's own, when it connects: what it does with Node.js's in production.
 */
function likeProduction({
  NODE_EXTRA_CA_CERTS: authority,
  ...env
}: Record<string, string>): Record<string, string> {
  if (authority === undefined) throw new Error('the collector has no certificate authority');
  const file = `${authority}.and-roots`;
  writeFileSync(file, [readFileSync(authority, 'utf8'), ...rootCertificates].join('\n'));
  return { ...env, GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: file };
}

if (process.send) void main();
