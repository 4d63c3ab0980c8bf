import type { FastifyRequest } from 'fastify';
import { parseContentType, type DocumentContentType } from './document';
import { EmptyDocumentError } from './errors';

/**
 * The document in the body of a request.
 * @throws UnsupportedContentTypeError when it is none of the known types.
 * @throws EmptyDocumentError when there is no body.
 */
export function readDocumentBody(request: FastifyRequest): {
  content: Buffer;
  contentType: DocumentContentType;
} {
  const contentType = parseContentType(request.headers['content-type']);
  const content = request.body;
  if (!Buffer.isBuffer(content) || content.length === 0) throw new EmptyDocumentError();
  return { content, contentType };
}
