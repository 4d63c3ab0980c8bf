// README
import { telemetry } from 'traced-cloud-run/telemetry/boot';
import { createServer } from 'node:http';
import { log, serve } from 'traced-cloud-run/telemetry';

const server = createServer((request, response) => {
  if (request.url !== '/health') log.info('saying hello');
  response.end('hello\n');
});
void serve(server, { telemetry });
