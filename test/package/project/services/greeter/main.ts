import { telemetry } from 'traced-cloud-run/telemetry/boot';
import { createServer } from 'node:http';
import { log, serve } from 'traced-cloud-run/telemetry';

const server = createServer((request, response) => {
  log.info({ path: request.url }, 'greeted');
  response.end('hello');
});
void serve(server, { telemetry });
