import { trace } from '@opentelemetry/api';
import type { FastifyInstance } from 'fastify';
import {
  DOCUMENT_TYPES,
  formatContentType,
  holdsGeneration,
  holdsRecord,
  MAX_DOCUMENT_BYTES,
  parseDocumentId,
  type DocumentRecord,
} from '../document';
import { readDocumentBody } from '../document-body';
import { DeadlinePassedError } from '../errors';
import { readAnswer } from '../service-answer';
import { createServiceApp } from '../service-app';
import { log, remainingMs, type ServiceClient } from '../telemetry';
import { extractText } from './extract-text';
import type { GeminiSummary } from './gemini-summary';
import { summarize } from './summarize';

export interface ProcessorDependencies {
  readonly storage: ServiceClient;
  /** Writes the summary in place of the processor. @default - the processor's own is stored */
  readonly gemini?: GeminiSummary | undefined;
}

/** Span attribute: who wrote the summary that is stored, `gemini` or `processor`. */
const SUMMARY_BY = 'document.summary_by';

/**
 * Reads documents: `POST /documents/:id` extracts the text of the body, makes its record, has both stored and answers 201
 * with the record; `GET /documents/:id` reads the record back. It does not listen yet.
 */
export function buildProcessor({ storage, gemini }: ProcessorDependencies): FastifyInstance {
  const app = createServiceApp({ bodyLimitBytes: MAX_DOCUMENT_BYTES, contentTypes: DOCUMENT_TYPES });

  app.post<{ Params: { id: string } }>('/documents/:id', async (request, reply) => {
    const id = parseDocumentId(request.params.id);
    const { content, contentType } = readDocumentBody(request);
    // Reading a document cannot be interrupted, so it is not begun for a caller who has stopped waiting.
    if (remainingMs() === 0) throw new DeadlinePassedError(new Error('no time was left to begin'));
    const extracted = await extractText(content, contentType);
    const own = summarize(extracted);
    // There is nothing to ask about a document without words.
    const improved = own.wordCount > 0 ? await gemini?.improve(own.summary, extracted.text) : undefined;
    const record: DocumentRecord = {
      id,
      contentType: contentType.type,
      sizeBytes: content.length,
      ...own,
      summaryBy: 'processor',
      ...improved,
      createdAt: new Date().toISOString(),
    };
    trace.getActiveSpan()?.setAttribute(SUMMARY_BY, record.summaryBy);
    log.info({ documentId: id, wordCount: record.wordCount, language: record.language }, 'text extracted');

    const form = new FormData();
    form.set('original', new Blob([content], { type: formatContentType(contentType) }));
    form.set('record', JSON.stringify(record));
    const response = await storage.fetch(`/documents/${id}`, { method: 'PUT', body: form });
    const { generation } = await readAnswer('storage', response, holdsGeneration);
    return reply.code(201).send({ record, generation });
  });

  app.get<{ Params: { id: string } }>('/documents/:id', async (request) => {
    const id = parseDocumentId(request.params.id);
    return readAnswer('storage', await storage.fetch(`/documents/${id}`), holdsRecord);
  });

  return app;
}
