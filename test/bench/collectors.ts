import { createServer } from 'node:http';
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
  process.send?.({ google: google.env('gcp_trace'), http } satisfies Collectors);
}

if (process.send) void main();
