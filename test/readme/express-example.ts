// README
import { telemetry } from 'traced-cloud-run/telemetry/boot';
import { createServer } from 'node:http';
import express from 'express';
import { log, serve } from 'traced-cloud-run/telemetry';

const app = express();
app.get('/health', (_request, response) => void response.send('ok'));
app.get('/users/:id', (request, response) => {
  log.info({ id: request.params.id }, 'user asked for');
  response.json({ id: request.params.id });
});
void serve(createServer(app), { telemetry });
