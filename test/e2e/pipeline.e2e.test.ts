import '../../local/testing';
import { DeployedPipeline } from '../helpers/deployed-pipeline';

let pipeline: DeployedPipeline;
beforeAll(async () => {
  pipeline = await DeployedPipeline.start();
}, 120_000);
afterAll(async () => {
  await pipeline?.dispose();
});

const TEXT =
  'Traces tell a story. A request crosses three services, and the trace shows where its time went.';

async function jsonOf(response: Response): Promise<Record<string, unknown>> {
  return JSON.parse(await response.text());
}

describe('a document', () => {
  test('is one trace from the gateway to the bucket, with every log line of the request in it', async () => {
    // WHEN
    const response = await pipeline.process(TEXT);

    // THEN
    expect(response.status).toBe(201);
    const trace = await pipeline.traceOf(response);
    expect(trace).toBeOneTrace();
    expect((await jsonOf(response))['traceId']).toBe(trace.traceId);
    expect(trace).toHaveSpan({ service: 'gateway', name: 'POST /process' });
    expect(trace).toHaveSpan({ service: 'gateway', name: 'POST' });
    expect(trace).toHaveSpan({ service: 'processor', name: 'POST /documents/:id' });
    expect(trace).toHaveSpan({ service: 'processor', name: 'PUT' });
    expect(trace).toHaveSpan({ service: 'storage', name: 'PUT /documents/:id' });
    expect(trace).toHaveSpan({ service: 'storage', name: 'gcs.upload documents/original' });
    expect(trace).toHaveSpan({ service: 'storage', name: 'gcs.upload documents/record' });
    const services = new Set(trace.logs.filter(({ log }) => log === 'stdout').map(({ service }) => service));
    expect(services).toEqual(new Set(['gateway-local', 'processor-local', 'storage-local']));
    // Nothing that a container wrote while it served the request stands outside the trace.
    const documentId = String((await jsonOf(await pipeline.process(TEXT)))['id']);
    const mentions = pipeline.cloud.logs
      .list()
      .filter(({ log, fields }) => log === 'stdout' && JSON.stringify(fields ?? {}).includes(documentId));
    expect(mentions.length).toBeGreaterThan(0);
    expect(mentions.every((entry) => entry.traceId !== undefined)).toBe(true);
  });

  test('is read back through the same services as one trace', async () => {
    // GIVEN
    const { id } = await jsonOf(await pipeline.process('# Title\n\nSome *words*.', 'text/markdown'));

    // WHEN
    const response = await fetch(`${pipeline.gatewayUrl}/documents/${String(id)}`);

    // THEN
    expect(response.status).toBe(200);
    expect(await jsonOf(response)).toMatchObject({
      document: { id, title: 'Title', contentType: 'text/markdown' },
    });
    const trace = await pipeline.traceOf(response);
    expect(trace).toHaveSpan({ service: 'storage', name: 'GET /documents/:id' });
    expect(trace).toHaveSpan({ service: 'storage', name: 'gcs.download documents/record' });
  });

  test('reaches the bucket although the bucket answers 503 twice', async () => {
    // GIVEN
    pipeline.cloud.products.storage.injectFault({ method: 'POST', status: 503, times: 2 });

    // WHEN
    const response = await pipeline.process(TEXT);

    // THEN
    expect(response.status).toBe(201);
    const { spans } = await pipeline.traceOf(response);
    const failed = spans.filter(({ status }) => status === 'error');
    const attempts = failed.filter(({ name }) => name === 'gcs.attempt');
    // Each of them says whose doing it was: below it stands the bucket's side.
    const faults = failed.filter(({ attributes }) => attributes['local_cloud.fault'] === 'status 503');
    expect(failed).toHaveLength(4);
    expect(new Set(faults.map(({ parentSpanId }) => parentSpanId))).toEqual(
      new Set(attempts.map(({ spanId }) => spanId)),
    );
  });

  test('takes the way to a bucket in another region, and its trace names the regions', async () => {
    // GIVEN
    const [bucket] = pipeline.cloud.products.storage.buckets();
    if (!bucket) throw new Error('there is no bucket');
    const { record } = bucket;
    bucket.record = { ...record, location: 'EUROPE-NORTH1' };

    // WHEN
    const response = await pipeline.process(TEXT);

    // THEN
    bucket.record = record;
    const { spans } = await pipeline.traceOf(response);
    const far = spans.filter(({ service }) => service === 'Cloud Storage');
    expect(far.map(({ name }) => name)).toEqual(['storage.objects.insert', 'storage.objects.insert']);
    for (const { attributes, parentSpanId } of far) {
      expect(attributes).toMatchObject({
        'local_cloud.caller_region': record.location.toLowerCase(),
        'local_cloud.region': 'europe-north1',
      });
      expect(spans.find(({ spanId }) => spanId === parentSpanId)?.name).toBe('gcs.attempt');
    }
  });

  test('keeps the trace that its caller has begun', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const response = await fetch(`${pipeline.gatewayUrl}/process`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain', traceparent: `00-${traceId}-b7ad6b7169203331-00` },
      body: TEXT,
    });
    expect((await pipeline.traceOf(response)).traceId).toBe(traceId);
  });
});

describe('a request that cannot be served', () => {
  test.each([
    ['an unsupported type', 415, 'UNSUPPORTED_CONTENT_TYPE', 'image/png', 'x'],
    ['an empty body', 400, 'EMPTY_DOCUMENT', 'text/plain', ''],
    ['a body over 10 MiB', 413, 'DOCUMENT_TOO_LARGE', 'text/plain', 'x'.repeat(10 * 1024 * 1024 + 1)],
    ['a corrupt PDF', 422, 'CORRUPT_DOCUMENT', 'application/pdf', '%PDF-1.7 and nothing more'],
  ])('%s is answered %d %s with the trace that tells why', async (_what, status, code, type, body) => {
    const response = await pipeline.process(body, type);
    expect(response.status).toBe(status);
    const answer = await jsonOf(response);
    expect(answer).toMatchObject({ error: { code, message: expect.any(String) } });
    expect((await pipeline.traceOf(response)).traceId).toBe(answer['traceId']);
  });

  test.each(['..%2F..%2Fetc%2Fpasswd', '..', 'not-a-uuid', '%00'])(
    'a document id %s never reaches the bucket',
    async (id) => {
      const response = await fetch(`${pipeline.gatewayUrl}/documents/${id}`);
      expect([400, 404]).toContain(response.status);
      expect(await jsonOf(response)).toMatchObject({ error: { code: expect.any(String) } });
      expect(await pipeline.traceOf(response)).not.toHaveSpan({ service: 'storage' });
    },
  );
});

describe('the private services', () => {
  test.each(['processor', 'storage'])('%s answers nobody without a token', async (service) => {
    expect((await fetch(`${pipeline.uriOf(service)}/documents/x`)).status).toBe(403);
  });
});

describe('the stack', () => {
  test('has no changes when it is deployed a second time', async () => {
    const { exitCode, text } = await pipeline.cdktf('deploy');
    expect(exitCode).toBe(0);
    expect(text).toContain('No changes');
  }, 60_000);

  test('is updated in place, once, for one changed environment variable', async () => {
    const { actions } = await pipeline.planWith((json) =>
      json.replace(/("name": "PROCESSOR_DEADLINE_MS",\s+"value": )"10000"/, '$1"9000"'),
    );
    expect(actions).toEqual({ 'google_cloud_run_v2_service.gateway': 'update' });
  }, 60_000);

  test.each([
    ['a misspelt argument', /"location": "europe-west1"/, '"locaton": "europe-west1"', /locaton/],
    ['a missing required argument', /"location": "EUROPE-WEST1",/, '', /argument "location" is required/],
    ['a wrong type', /"force_destroy": true/, '"force_destroy": "perhaps"', /a bool is required/],
  ])(
    '%s fails in the plan',
    async (_what, right, wrong, message) => {
      await expect(pipeline.planWith((json) => json.replace(right, wrong))).rejects.toThrow(message);
    },
    60_000,
  );

  test('answers 502 with the trace id while a service is down, and is mended by the next deploy', async () => {
    // GIVEN
    const processor = pipeline.cloud.products.run.list().find(({ spec }) => spec.name === 'processor-local');
    if (!processor) throw new Error('there is no processor');
    await pipeline.cloud.products.run.delete(processor.spec);

    // WHEN
    const response = await pipeline.process(TEXT);

    // THEN
    expect(response.status).toBe(502);
    const answer = await jsonOf(response);
    expect(answer).toMatchObject({ error: { code: 'SERVICE_UNAVAILABLE' } });
    expect((await pipeline.traceOf(response)).traceId).toBe(answer['traceId']);
    expect((await pipeline.cdktf('deploy')).exitCode).toBe(0);
    expect((await pipeline.process(TEXT)).status).toBe(201);
  }, 120_000);

  test('leaves nothing when it is destroyed', async () => {
    const { exitCode, text } = await pipeline.cdktf('destroy');
    expect({ exitCode, text }).toMatchObject({ exitCode: 0 });
    const { run, storage, iam, monitoring, logMetrics } = pipeline.cloud.products;
    expect([run.list(), storage.buckets(), iam.serviceAccounts(), monitoring.alertPolicies()]).toEqual([
      [],
      [],
      [],
      [],
    ]);
    expect(logMetrics.list('local-document-pipeline')).toEqual([]);
  }, 60_000);
});
