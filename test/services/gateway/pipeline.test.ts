import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { SpanKind } from '@opentelemetry/api';
import { BUCKET } from '../../local/storage/storage-fixture';
import { createPdf } from '../processor/pdf-fixture';
import { send } from '../telemetry/http';
import { startPipeline, type Pipeline } from './pipeline';

// Jest resolves as `require` does, and this module can be imported only.
jest.mock('unpdf/pdfjs', () => jest.requireActual('../../../node_modules/unpdf/dist/pdfjs.mjs'), {
  virtual: true,
});

const TRACE_ID = /^[0-9a-f]{32}$/;
const TEN_MIB = 10 * 1024 * 1024;

let pipeline: Pipeline;

beforeEach(async () => {
  pipeline = await startPipeline();
});

afterEach(() => pipeline.close());

describe('a document that is sent', () => {
  it('is answered with its record, the generation and the trace id', async () => {
    const content = '# Budget\n\nThe budget of the committee. The budget grows.';

    const { status, headers, body } = await pipeline.send(content, 'text/markdown; charset=utf-8');

    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/documents/${body.id}`);
    expect(body.traceId).toMatch(TRACE_ID);
    expect(body.generation).toMatch(/^\d+$/);
    expect(body.document).toMatchObject({
      id: body.id,
      title: 'Budget',
      contentType: 'text/markdown',
      sizeBytes: content.length,
      wordCount: 9,
      language: 'en',
      truncated: false,
    });
  });

  it('is in the bucket as it was sent, with its type, beside its record', async () => {
    const content = Buffer.from('Käse', 'latin1');

    const { body } = await pipeline.send(content, 'text/plain; charset=iso-8859-1');

    const bucket = pipeline.cloud.client('storage').bucket(BUCKET);
    const original = bucket.file(`documents/${body.id}/original`);
    expect((await original.download())[0].equals(content)).toBe(true);
    expect((await original.getMetadata())[0].contentType).toBe('text/plain;charset=windows-1252');
    const [record] = await bucket.file(`documents/${body.id}/record.json`).download();
    expect(JSON.parse(record.toString())).toEqual(body.document);
    expect(body.document).toMatchObject({ title: 'Käse' });
  });

  it('can be read back', async () => {
    const sent = await pipeline.send('<title>T</title>text', 'text/html');

    const { status, body } = await pipeline.get(`/documents/${sent.body.id}`);

    expect(status).toBe(200);
    expect(body).toMatchObject({ id: sent.body.id, document: sent.body.document });
  });

  it('may be a PDF', async () => {
    const pdf = createPdf({ title: 'Report', pages: ['One page.'] });

    const { body } = await pipeline.send(pdf, 'application/pdf');

    expect(body.document).toMatchObject({ title: 'Report', wordCount: 2, sizeBytes: pdf.length });
  });

  it('may have exactly 10 MiB', async () => {
    const { status, body } = await pipeline.send(Buffer.alloc(TEN_MIB, 'word '), 'text/plain');

    expect(status).toBe(201);
    expect(body.document).toMatchObject({ sizeBytes: TEN_MIB, truncated: true });
  });

  it('is one trace: gateway, processor, storage and two bucket writes, each below its caller', async () => {
    const { body } = await pipeline.send('text', 'text/plain');

    const spans = await pipeline.traced.spans();
    expect(new Set(spans.map((span) => span.spanContext().traceId))).toEqual(new Set([body.traceId]));
    const nameOf = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
    const parentsOf = (kind: SpanKind, name: RegExp): (string | undefined)[] =>
      spans
        .filter((span) => span.kind === kind && name.test(span.name))
        .map((span) => nameOf.get(span.parentSpanContext?.spanId ?? ''));
    expect(parentsOf(SpanKind.SERVER, /^POST \/process/)).toEqual([undefined]);
    expect(parentsOf(SpanKind.SERVER, /^POST \/documents/)).toEqual([expect.stringMatching(/^POST/)]);
    expect(parentsOf(SpanKind.SERVER, /^PUT \/documents/)).toEqual([expect.stringMatching(/^PUT/)]);
    expect(parentsOf(SpanKind.CLIENT, /^gcs\.upload /)).toEqual(
      Array.from({ length: 2 }, () => 'PUT /documents/:id'),
    );
    expect(parentsOf(SpanKind.CLIENT, /^gcs\.attempt$/)).toEqual([
      'gcs.upload documents/original',
      'gcs.upload documents/record',
    ]);
    expect(spans.find((span) => span.name === 'gcs.upload documents/original')?.attributes).toMatchObject({
      'gcp.storage.bucket': BUCKET,
      'gcp.storage.bucket.location': 'EUROPE-WEST1',
      'gcp.storage.object': `documents/${body.id}/original`,
      'gcp.storage.object.size': 4,
      'gcp.storage.object.generation': expect.stringMatching(/^\d+$/),
      'gcp.storage.cross_region': false,
      'cloud.region': 'europe-west1',
    });
    expect(
      spans.find((span) => span.name === 'gcs.upload documents/record')?.attributes[
        'gcp.storage.object.generation'
      ],
    ).toBe(body.generation);
  });
});

describe('what is not a document', () => {
  it.each([
    ['another type', 415, 'UNSUPPORTED_CONTENT_TYPE', '{}', 'application/json'],
    ['a type that only begins like one', 415, 'UNSUPPORTED_CONTENT_TYPE', 'x', 'text/plainer'],
    ['a charset nobody knows', 415, 'UNSUPPORTED_CONTENT_TYPE', 'x', 'text/plain; charset=klingon'],
    ['an empty type', 415, 'UNSUPPORTED_CONTENT_TYPE', Buffer.from('x'), undefined],
    ['nothing at all', 415, 'UNSUPPORTED_CONTENT_TYPE', null, undefined],
    ['an empty body', 400, 'EMPTY_DOCUMENT', '', 'text/plain'],
    ['a damaged PDF', 422, 'CORRUPT_DOCUMENT', 'x', 'application/pdf'],
    [
      'a PDF with a password',
      422,
      'ENCRYPTED_DOCUMENT',
      createPdf({ pages: ['x'], encrypted: true }),
      'application/pdf',
    ],
    ['one byte over 10 MiB', 413, 'DOCUMENT_TOO_LARGE', Buffer.alloc(TEN_MIB + 1), 'text/plain'],
  ])('is refused in JSON with a code and the trace id: %s', async (_what, status, code, content, type) => {
    const answer = await pipeline.send(content, type);

    expect(answer).toMatchObject({
      status,
      body: { error: { code }, traceId: expect.stringMatching(TRACE_ID) },
    });
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  });

  it('is refused on a connection that stays open for the rest of its body, so that the answer arrives', async () => {
    // A proxy that gets a reset while it is still sending has no answer to pass on.
    for (let round = 0; round < 5; round++) {
      const sent = request(`${pipeline.url}/process`, {
        method: 'POST',
        headers: { 'content-type': 'text/plain', 'content-length': 2 * TEN_MIB },
      });
      const answered = once(sent, 'response');
      sent.write(Buffer.alloc(TEN_MIB));
      const [response]: IncomingMessage[] = await answered;
      expect(response?.statusCode).toBe(413);
      sent.end(Buffer.alloc(TEN_MIB));
      response?.resume();
      await once(sent, 'close');
    }
  });

  it('is refused when it turns out too large on the way', async () => {
    let left = TEN_MIB + 1;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const size = Math.min(left, 256 * 1024);
        if (size === 0) controller.close();
        else controller.enqueue(new Uint8Array(size));
        left -= size;
      },
    });
    const request: RequestInit = {
      method: 'POST',
      body,
      duplex: 'half',
      headers: { 'content-type': 'text/plain' },
    };

    const response = await fetch(`${pipeline.url}/process`, request);

    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({
      error: { code: 'DOCUMENT_TOO_LARGE' },
      traceId: expect.stringMatching(TRACE_ID),
    });
  });
});

describe('a document id', () => {
  it.each([
    ['../secrets', '..%2Fsecrets', 400, 'INVALID_DOCUMENT_ID'],
    ['upper case', 'AAAAAAAA-AAAA-4AAA-8AAA-AAAAAAAAAAAA', 400, 'INVALID_DOCUMENT_ID'],
    ['a NUL', 'a%00b', 400, 'INVALID_DOCUMENT_ID'],
    ['a broken escape', '%zz', 400, 'MALFORMED_REQUEST'],
    ['a path', 'a/b', 404, 'ROUTE_NOT_FOUND'],
    ['of no document', 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa', 404, 'DOCUMENT_NOT_FOUND'],
  ])('is refused in JSON with a code: %s', async (_what, id, status, code) => {
    expect(await pipeline.get(`/documents/${id}`)).toMatchObject({ status, body: { error: { code } } });
  });
});

describe('every service', () => {
  it('answers probes, and leaves no trace of them', async () => {
    const answer = await send(`${pipeline.url}/health`);

    expect(answer.status).toBe(200);
    await expect(pipeline.traced.spans()).resolves.toEqual([]);
  });

  it('answers in JSON to what it does not know', async () => {
    expect(await pipeline.get('/nowhere')).toMatchObject({
      status: 404,
      body: { error: { code: 'ROUTE_NOT_FOUND' }, traceId: expect.stringMatching(TRACE_ID) },
    });
  });
});
