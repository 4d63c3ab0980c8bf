import type { FastifyInstance } from 'fastify';
import { readAnswer } from '../service-answer';
import type { ServiceClient } from '../telemetry';
import type { TemplateAnswer } from './app';

/** Lets the gateway answer `GET /template` with what the service says. */
export function routeToTemplate(gateway: FastifyInstance, client: ServiceClient): void {
  gateway.get('/template', async () => await readAnswer('template', await client.fetch('/'), isAnswer));
}

function isAnswer(body: unknown): body is TemplateAnswer {
  return typeof body === 'object' && body !== null && 'service' in body;
}
