import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import {
  DOCUMENT_TYPES,
  formatContentType,
  holdsRecord,
  isStoredRecord,
  MAX_DOCUMENT_BYTES,
  parseDocumentId,
} from '../document';
import { readDocumentBody } from '../document-body';
import { currentTraceId } from '../http-errors';
import { readAnswer } from '../service-answer';
import { createServiceApp } from '../service-app';
import { log, type ServiceClient } from '../telemetry';

export interface GatewayDependencies {
  readonly processor: ServiceClient;
}

/**
 * The public entry of the pipeline: `POST /process` takes a document as its body and answers 201 with its id, its record
 * and the trace id; `GET /documents/:id` reads the record back. It does not listen yet.
 */
export function buildGateway({ processor }: GatewayDependencies): FastifyInstance {
  const app = createServiceApp({ bodyLimitBytes: MAX_DOCUMENT_BYTES, contentTypes: DOCUMENT_TYPES });

  app.post('/process', async (request, reply) => {
    const { content, contentType } = readDocumentBody(request);
    const id = randomUUID();
    log.info(
      { documentId: id, contentType: contentType.type, sizeBytes: content.length },
      'document received',
    );
    const response = await processor.fetch(`/documents/${id}`, {
      method: 'POST',
      headers: { 'content-type': formatContentType(contentType) },
      body: content,
    });
    const answer = await readAnswer('processor', response, isStoredRecord);
    log.info({ documentId: id, generation: answer.generation }, 'document processed');
    return reply
      .code(201)
      .header('location', `/documents/${id}`)
      .send({ id, traceId: currentTraceId(), document: answer.record, generation: answer.generation });
  });

  app.get<{ Params: { id: string } }>('/documents/:id', async (request) => {
    const id = parseDocumentId(request.params.id);
    const response = await processor.fetch(`/documents/${id}`);
    const { record } = await readAnswer('processor', response, holdsRecord);
    return { id, traceId: currentTraceId(), document: record };
  });

  return app;
}
