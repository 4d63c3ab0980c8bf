import { createServer, type ServerResponse } from 'node:http';
import { buildGateway } from '../../../services/gateway/app';
import { DocumentStore } from '../../../services/storage/document-store';
import { createServiceClient, log, withDeadline } from '../../../services/telemetry';
import { BUCKET, emailOf } from '../../local/storage/storage-fixture';
import { bucketIamName } from '../../../local/storage/access';
import { Gate } from '../telemetry/gate';
import { listenLocally } from '../telemetry/http';
import { AnyToken, startPipeline, type Pipeline } from './pipeline';

const TRACE_ID = /^[0-9a-f]{32}$/;

let pipeline: Pipeline;

beforeEach(async () => {
  pipeline = await startPipeline();
});

afterEach(async () => {
  jest.restoreAllMocks();
  await pipeline.close();
});

const sendText = (): ReturnType<Pipeline['send']> => pipeline.send('Some text.', 'text/plain');

describe('a service that is down', () => {
  it.each(['processor', 'storage'] as const)('is 502 with the trace id when it is %s', async (service) => {
    await pipeline[service].close();

    expect(await sendText()).toMatchObject({
      status: 502,
      body: { error: { code: 'SERVICE_UNAVAILABLE' }, traceId: expect.stringMatching(TRACE_ID) },
    });
  });

  it('is told by its address in the log, and not to the caller', async () => {
    const error = jest.spyOn(log, 'error');
    const address = new URL(pipeline.processor.listeningOrigin).host;
    await pipeline.processor.close();

    const { body } = await sendText();

    expect(error).toHaveBeenCalledWith(expect.anything(), expect.stringContaining(address));
    expect(body.error?.message).not.toContain('127.0.0.1');
  });
});

describe('a caller that hangs up', () => {
  it('ends the work for it in every service, and is no error of any', async () => {
    // GIVEN a document that waits for its bucket
    const info = jest.spyOn(log, 'info');
    const error = jest.spyOn(log, 'error');
    const held = new Gate();
    jest.spyOn(DocumentStore.prototype, 'write').mockImplementation(() =>
      withDeadline('The write', 60_000, () => {
        held.open();
        return new Promise(() => {});
      }),
    );
    const gone = new Promise<void>((resolve) => {
      let services = 0;
      info.mockImplementation((...args: unknown[]) => {
        if (!String(args.at(-1)).startsWith('CALLER_GONE')) return;
        services += 1;
        if (services === 3) resolve();
      });
    });
    // WHEN its caller hangs up
    const leaving = new AbortController();
    const request = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'text' };
    const answer = fetch(`${pipeline.url}/process`, { ...request, signal: leaving.signal });
    await held.opened;
    leaving.abort();
    // THEN gateway, processor and storage have heard of it
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
    await gone;
    expect(error).not.toHaveBeenCalled();
  });
});

const askGateway = async (
  answer: (response: ServerResponse) => void,
  deadlineMs = 10_000,
): Promise<{ status: number; body: unknown }> => {
  const processor = createServer((_request, response) => answer(response));
  const callee = { url: await listenLocally(processor), deadlineMs };
  const gateway = buildGateway({ processor: createServiceClient(callee, { auth: new AnyToken() }) });
  try {
    const url = await gateway.listen({ host: '127.0.0.1', port: 0 });
    const headers = { 'content-type': 'text/plain' };
    const response = await fetch(`${url}/process`, { method: 'POST', headers, body: 'text' });
    return { status: response.status, body: await response.json() };
  } finally {
    await gateway.close();
    processor.close();
    processor.closeAllConnections();
  }
};

const neverAnswer = (): void => undefined;

describe('a service that answers, but not as it should', () => {
  it('is 504 with the trace id when it is not done by its deadline', async () => {
    const { status, body } = await askGateway(neverAnswer, 50);

    expect({ status, body }).toMatchObject({
      status: 504,
      body: { error: { code: 'DEADLINE_EXCEEDED' }, traceId: expect.stringMatching(TRACE_ID) },
    });
  });

  it.each([
    ['success without JSON', 502, 'SERVICE_FAILED', 200, 'hello'],
    ['success with other JSON', 502, 'SERVICE_FAILED', 201, '{"record":{}}'],
    ['an error that is not ours', 502, 'SERVICE_FAILED', 500, '<html>Server Error</html>'],
    ['an error of a route', 502, 'SERVICE_FAILED', 404, '{"error":{"code":"ROUTE_NOT_FOUND","message":"x"}}'],
    ["Cloud Run's own timeout", 504, 'DEADLINE_EXCEEDED', 504, 'upstream request timeout'],
    [
      'a fault of the document',
      422,
      'CORRUPT_DOCUMENT',
      422,
      '{"error":{"code":"CORRUPT_DOCUMENT","message":"x"}}',
    ],
  ])('is %s', async (_what, status, code, answered, text) => {
    const answer = await askGateway((response) => response.writeHead(answered).end(text));

    expect(answer).toMatchObject({ status, body: { error: { code } } });
  });

  it('names the missing role in the log when the call is forbidden', async () => {
    const error = jest.spyOn(log, 'error');

    const { status } = await askGateway((response) => response.writeHead(403).end('<html>Forbidden</html>'));

    expect(status).toBe(502);
    expect(error).toHaveBeenCalledWith(expect.anything(), expect.stringContaining('roles/run.invoker'));
  });
});

describe('a bucket', () => {
  it('that answers 503 twice is asked a third time within the deadline', async () => {
    pipeline.cloud.storage.injectFault({ method: 'POST', status: 503, times: 2 });

    const { status } = await sendText();

    expect(status).toBe(201);
    const spans = await pipeline.traced.spans();
    const upload = spans.find((span) => span.name === 'gcs.upload documents/original');
    const attempts = spans.filter((span) => span.parentSpanContext?.spanId === upload?.spanContext().spanId);
    expect(
      attempts.map(({ name, attributes }) => [
        name,
        attributes['http.request.resend_count'],
        attributes['error.type'],
      ]),
    ).toEqual([
      ['gcs.attempt', undefined, '503'],
      ['gcs.attempt', 1, '503'],
      ['gcs.attempt', 2, undefined],
    ]);
    expect(upload?.attributes['error.type']).toBeUndefined();
  });

  it('that answers 503 to a read is asked again', async () => {
    const { body } = await sendText();
    pipeline.cloud.storage.injectFault({ method: 'GET', status: 503, times: 1 });

    expect((await pipeline.get(`/documents/${body.id}`)).status).toBe(200);
  });

  it('that answers nothing but 503 is asked four times', async () => {
    pipeline.cloud.storage.injectFault({ method: 'POST', status: 503, times: 4 });

    expect(await sendText()).toMatchObject({ status: 502, body: { error: { code: 'BUCKET_UNAVAILABLE' } } });
    expect((await sendText()).status).toBe(201);
  });

  it('that is gone is 502', async () => {
    pipeline.cloud.storage.deleteBucket(BUCKET);

    expect(await sendText()).toMatchObject({ status: 502, body: { error: { code: 'BUCKET_UNAVAILABLE' } } });
  });

  it('that lets nobody in is 502, and the log says which permission and role are missing', async () => {
    const error = jest.spyOn(log, 'error');
    pipeline.cloud.iam.removeMember(
      bucketIamName(BUCKET),
      'roles/storage.objectUser',
      `serviceAccount:${emailOf('storage')}`,
    );

    expect(await sendText()).toMatchObject({ status: 502, body: { error: { code: 'BUCKET_FORBIDDEN' } } });
    expect(error).toHaveBeenCalledWith(
      expect.anything(),
      expect.stringMatching(/storage\.objects\.create.*roles\/storage\.objectUser/),
    );
  });
});
