import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isDocumentRecord, MAX_DOCUMENT_BYTES, parseDocumentId } from '../document';
import { MalformedRequestError } from '../errors';
import { createServiceApp } from '../service-app';
import { log } from '../telemetry';
import type { DocumentStore, StoredDocument } from './document-store';

export interface StorageDependencies {
  readonly store: DocumentStore;
}

const FORM = 'multipart/form-data';

/** Room for the record and the frame around the parts. */
const MAX_FORM_BYTES = MAX_DOCUMENT_BYTES + 1024 * 1024;

/**
 * Keeps documents: `PUT /documents/:id` takes a form with the parts `original` (a file) and `record` (JSON) and answers
 * 201 with the generation, 409 when there is such a document already; `GET /documents/:id` answers with the record. It
 * does not listen yet.
 */
export function buildStorage({ store }: StorageDependencies): FastifyInstance {
  const app = createServiceApp({ bodyLimitBytes: MAX_FORM_BYTES, contentTypes: [FORM] });

  app.put<{ Params: { id: string } }>('/documents/:id', async (request, reply) => {
    const id = parseDocumentId(request.params.id);
    const document = await readForm(request, id);
    const generation = await store.write(document);
    log.info({ documentId: id, generation, sizeBytes: document.original.length }, 'document stored');
    return reply.code(201).send({ generation });
  });

  app.get<{ Params: { id: string } }>('/documents/:id', async (request) => {
    return { record: await store.readRecord(parseDocumentId(request.params.id)) };
  });

  return app;
}

async function readForm(request: FastifyRequest, id: string): Promise<StoredDocument> {
  try {
    const headers = { 'content-type': request.headers['content-type'] ?? '' };
    const body = Buffer.isBuffer(request.body) ? request.body : null;
    const form = await new Response(body, { headers }).formData();
    const original = form.get('original');
    const text = form.get('record');
    if (original === null || typeof original === 'string' || typeof text !== 'string') {
      throw new TypeError('a part is missing or of the wrong kind');
    }
    const record: unknown = JSON.parse(text);
    if (!isDocumentRecord(record) || record.id !== id)
      throw new TypeError('the record is not one of this id');
    return { original: Buffer.from(await original.arrayBuffer()), contentType: original.type, record };
  } catch (error) {
    throw new MalformedRequestError(
      'The body must be a form with a file original and the JSON record of this id.',
      {
        cause: error,
      },
    );
  }
}
