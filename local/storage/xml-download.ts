import type { ServerResponse } from 'node:http';
import { sendContent } from './download';
import { bucketNotFound, notModelled, type StorageError } from './storage-error';
import { generationOf, type StorageRequest } from './storage-request';

/** `/BUCKET/OBJECT`, as no path of the JSON API is. */
export const XML_OBJECT = /^\/(?!(?:download\/|upload\/)?storage\/v1\/)([^/]+)\/(.+)$/;

/**
 * `GET Object` of the XML API (https://cloud.google.com/storage/docs/xml-api/get-object), by which Google's Go client
 * downloads, and with it Terraform its state. It does everything else by the JSON API.
 */
export function downloadObject(call: StorageRequest, bucketName: string, name: string): Promise<void> {
  const { storage, access, caller, query, request } = call;
  const condition = Object.keys(request.headers).find((header) => header.startsWith('x-goog-if-'));
  if (condition !== undefined) throw notModelled(`preconditions (${condition}) in the XML API`);
  const bucket = storage.requireBucket(bucketName);
  access.require(caller, 'storage.objects.get', bucket.record);
  return sendContent(bucket, bucket.require(name, generationOf(query)), call);
}

/** Error codes by status (https://cloud.google.com/storage/docs/xml-api/reference-status). */
const CODES: Readonly<Record<number, string>> = {
  400: 'InvalidArgument',
  401: 'AuthenticationRequired',
  403: 'AccessDenied',
  404: 'NoSuchKey',
  416: 'InvalidRange',
  501: 'NotImplemented',
};

/** Sends an error in the XML API's shape. */
export function sendXmlError(response: ServerResponse, error: StorageError): void {
  const isBucketMissing = error.message === bucketNotFound().message;
  const code = isBucketMissing ? 'NoSuchBucket' : (CODES[error.status] ?? 'InternalError');
  response.writeHead(error.status, { 'Content-Type': 'application/xml; charset=UTF-8' });
  response.end(
    `<?xml version='1.0' encoding='UTF-8'?><Error><Code>${code}</Code><Message>${escapeXml(error.message)}</Message></Error>`,
  );
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
