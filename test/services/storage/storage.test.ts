import { Storage } from '@google-cloud/storage';
import { buildStorage } from '../../../services/storage/app';
import { DocumentStore } from '../../../services/storage/document-store';
import { log } from '../../../services/telemetry';

const ID = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const RECORD = JSON.stringify({ id: ID });

log.level = 'silent';

const form = (parts: Readonly<Record<string, string | Blob>>): FormData => {
  const data = new FormData();
  for (const [name, part] of Object.entries(parts)) {
    if (typeof part === 'string') data.set(name, part);
    else data.set(name, part);
  }
  return data;
};

describe('a form that is not a document', () => {
  // Nothing here gets as far as the bucket.
  const bucket = new Storage({ projectId: 'local-test' }).bucket('none');
  const app = buildStorage({
    store: new DocumentStore(bucket, {
      bucket: 'none',
      name: 'documents',
      location: 'EU',
      region: undefined,
    }),
  });

  afterAll(() => app.close());

  it.each([
    ['no record', form({ original: new Blob(['x']) })],
    ['no original', form({ record: RECORD })],
    ['an original that is no file', form({ original: 'x', record: RECORD })],
    ['a record that is not JSON', form({ original: new Blob(['x']), record: '{' })],
    ['a record without fields', form({ original: new Blob(['x']), record: RECORD })],
  ])('is 400: %s', async (_what, data) => {
    const encoded = new Response(data);
    const contentType = encoded.headers.get('content-type') ?? '';

    const answer = await app.inject({
      method: 'PUT',
      url: `/documents/${ID}`,
      headers: { 'content-type': contentType },
      payload: Buffer.from(await encoded.arrayBuffer()),
    });

    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ error: { code: 'MALFORMED_REQUEST' } });
  });

  it.each([
    ['application/json', 415, 'UNSUPPORTED_CONTENT_TYPE'],
    ['multipart/form-data', 400, 'MALFORMED_REQUEST'],
  ])('is refused: %s', async (contentType, status, code) => {
    const answer = await app.inject({
      method: 'PUT',
      url: `/documents/${ID}`,
      headers: { 'content-type': contentType },
      payload: '{}',
    });

    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ error: { code } });
  });
});
