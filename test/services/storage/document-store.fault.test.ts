import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Storage } from '@google-cloud/storage';
import { context } from '@opentelemetry/api';
import { Deadline, setDeadline } from '../../../services/telemetry/deadline';
import type { DocumentRecord } from '../../../services/document';
import { DocumentExistsError, DocumentNotFoundError } from '../../../services/errors';
import { DocumentStore } from '../../../services/storage/document-store';
import { DeadlineExceededError } from '../../../services/telemetry';
import { BUCKET, startStorage, type StorageFixture } from '../../local/storage/storage-fixture';
import { listenLocally } from '../telemetry/http';
import { traceThisProcess, type TracedProcess } from '../telemetry/traced-process';

const ID = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';

const RECORD: DocumentRecord = {
  id: ID,
  title: 'Title',
  contentType: 'text/plain',
  sizeBytes: 7,
  wordCount: 1,
  language: 'und',
  keyTerms: [],
  summary: 'content',
  summaryBy: 'processor',
  truncated: false,
  createdAt: '2026-01-01T00:00:00.000Z',
};

const DOCUMENT = { original: Buffer.from('content'), contentType: 'text/plain', record: RECORD };

let traced: TracedProcess;
let cloud: StorageFixture;
let lostAnswers: number;
let between: Server;
let betweenUrl: string;

beforeEach(async () => {
  traced = traceThisProcess();
  cloud = await startStorage();
  cloud.grant('storage', 'roles/storage.objectUser');
  lostAnswers = 0;
  between = createServer((request, response) => void passOn(request, response));
  betweenUrl = await listenLocally(between);
});

afterEach(async () => {
  between.close();
  between.closeAllConnections();
  await cloud.close();
  await traced.stop();
});

/** Passes requests on to Cloud Storage, and loses the answers to some of them. */
async function passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const init = {
    method: request.method ?? 'GET',
    headers: { 'content-type': request.headers['content-type'] ?? '' },
    body: request.method === 'GET' ? null : await buffer(request),
  };
  const answer = await cloud.request('storage', request.url ?? '', init);
  const body = await answer.text();
  if (lostAnswers > 0) {
    lostAnswers -= 1;
    response.writeHead(503).end();
  } else {
    const headers = [...answer.headers].filter(([name]) => /^(?:content-type|x-goog-.*)$/.test(name));
    response.writeHead(answer.status, Object.fromEntries(headers)).end(body);
  }
}

function storeAt(apiEndpoint: string): DocumentStore {
  const storage = new Storage({ projectId: 'local-test', apiEndpoint, retryOptions: { autoRetry: false } });
  return new DocumentStore(storage.bucket(BUCKET), {
    bucket: BUCKET,
    name: 'documents',
    location: 'EU',
    region: undefined,
  });
}

describe('a document', () => {
  it('is never overwritten', async () => {
    const store = storeAt(betweenUrl);
    await store.write(DOCUMENT);

    await expect(store.write({ ...DOCUMENT, original: Buffer.from('other') })).rejects.toThrow(
      DocumentExistsError,
    );

    const [original] = await cloud
      .client('storage')
      .bucket(BUCKET)
      .file(`documents/${ID}/original`)
      .download();
    expect(original.toString()).toBe('content');
  });

  it('is written once when the answer to its first attempt is lost', async () => {
    lostAnswers = 1;

    const generation = await storeAt(betweenUrl).write(DOCUMENT);

    const record = cloud.client('storage').bucket(BUCKET).file(`documents/${ID}/record.json`);
    expect(String((await record.getMetadata())[0].generation)).toBe(generation);
  });

  it('exists already when a lost answer was about somebody else’s', async () => {
    await storeAt(betweenUrl).write({ ...DOCUMENT, original: Buffer.from('other') });
    lostAnswers = 1;

    await expect(storeAt(betweenUrl).write(DOCUMENT)).rejects.toThrow(DocumentExistsError);
  });
});

describe('requests to the bucket', () => {
  it('belong to the attempt they are made in', async () => {
    // GIVEN
    const seen: unknown[] = [];
    between.prependListener('request', ({ headers }: IncomingMessage) => seen.push(headers['traceparent']));
    const store = storeAt(betweenUrl);

    // WHEN
    await store.write(DOCUMENT);
    await store.readRecord(ID);

    // THEN
    const attempts = (await traced.spans()).filter(({ name }) => name === 'gcs.attempt');
    expect(attempts).toHaveLength(3);
    expect(seen).toEqual(
      attempts.map((span) =>
        expect.stringContaining(`${span.spanContext().traceId}-${span.spanContext().spanId}`),
      ),
    );
  });
});

describe('a read', () => {
  it('tells which generation it has read, without one more request', async () => {
    const store = storeAt(betweenUrl);
    const generation = await store.write(DOCUMENT);
    const requests: unknown[] = [];
    between.prependListener('request', ({ method }: IncomingMessage) => requests.push(method));

    expect(await store.readRecord(ID)).toEqual(RECORD);

    const download = (await traced.spans()).find(({ name }) => name === 'gcs.download documents/record');
    expect(download?.attributes).toMatchObject({
      'gcp.storage.object.generation': generation,
      'gcp.storage.object.size': JSON.stringify(RECORD).length,
    });
    expect(requests).toEqual(['GET']);
  });

  it('of a document that is not there has no generation, and says so', async () => {
    await expect(storeAt(betweenUrl).readRecord(ID)).rejects.toThrow(DocumentNotFoundError);

    const download = (await traced.spans()).find(({ name }) => name === 'gcs.download documents/record');
    expect(download?.attributes).not.toHaveProperty(['gcp.storage.object.generation']);
    expect(download?.attributes['error.type']).toBe('404');
  });
});

const withDeadline = <T>(ms: number, work: () => Promise<T>): Promise<T> =>
  context.with(setDeadline(context.active(), new Deadline('the request', ms)), work);

/** Waits until no client has a request open at a server. */
const closed = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

describe('a bucket that never answers', () => {
  it.each([
    ['write', (store: DocumentStore): Promise<unknown> => store.write(DOCUMENT)],
    ['read', (store: DocumentStore): Promise<unknown> => store.readRecord(ID)],
  ])('is given up at the deadline of the request: %s', async (_what, work) => {
    const silent = createServer(() => undefined);
    const store = storeAt(await listenLocally(silent));

    await expect(withDeadline(200, () => work(store))).rejects.toThrow(DeadlineExceededError);

    const spans = await traced.spans();
    expect(spans.map(({ attributes }) => attributes['error.type'])).toEqual([
      'deadline_exceeded',
      'deadline_exceeded',
    ]);
    expect(spans[0]?.parentSpanContext?.spanId).toBe(spans[1]?.spanContext().spanId);
    // The request itself has ended, although the client knows no cancelling.
    await closed(silent);
  });

  it('is not asked when no time is left', async () => {
    let requests = 0;
    const counting = createServer(() => (requests += 1));
    const store = storeAt(await listenLocally(counting));

    await expect(withDeadline(0, () => store.readRecord(ID))).rejects.toThrow(DeadlineExceededError);

    expect(requests).toBe(0);
    counting.close();
  });

  it('ends in the middle of an object as well', async () => {
    const halting = createServer((_request, response) => response.write('the beginning'));
    const store = storeAt(await listenLocally(halting));

    await expect(withDeadline(200, () => store.readRecord(ID))).rejects.toThrow(DeadlineExceededError);

    await closed(halting);
  });
});
