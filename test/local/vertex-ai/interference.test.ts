import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { speedOf, tokenMs } from '../../../local/vertex-ai/model-speed';
import { responseTo } from '../run/cloud-run-fixture';
import { PROJECT, VertexAiFixture } from './vertex-ai-fixture';

const TRACE_ID = 'd4cda95b652f4a1592b449d5929fda1b';
const CALLER_SPAN_ID = '6e0c63257de34c92';
const IN_TRACE = { traceparent: `00-${TRACE_ID}-${CALLER_SPAN_ID}-01` };
const BODY = JSON.stringify({
  contents: [{ role: 'user', parts: [{ text: 'Storks come back in March.' }] }],
});

let cloud: VertexAiFixture;
beforeEach(async () => {
  cloud = await VertexAiFixture.start();
});
afterEach(() => cloud.close());

interface Asked {
  readonly model?: string;
  readonly method?: string;
  readonly location?: string;
  readonly region?: string;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

function urlOf({
  model = 'gemini-2.5-flash',
  method = 'generateContent',
  location = 'europe-west1',
}: Asked): string {
  const models = `projects/${PROJECT}/locations/${location}/publishers/google/models`;
  return `${cloud.origin}/v1beta1/${models}/${model}:${method}`;
}

function ask(asked: Asked = {}): Promise<Response> {
  const headers = { ...asked.headers, authorization: `Bearer ${cloud.token(asked.region)}` };
  return fetch(urlOf(asked), { method: 'POST', headers, body: BODY, signal: asked.signal ?? null });
}

describe('a call in a trace', () => {
  it('has a span of Vertex AI below its caller, with model and region', async () => {
    await (await ask({ headers: IN_TRACE })).text();
    expect(await cloud.span()).toMatchObject({
      traceId: TRACE_ID,
      parentSpanId: CALLER_SPAN_ID,
      service: 'Vertex AI',
      name: 'generateContent gemini-2.5-flash',
      kind: 'server',
      status: 'unset',
      attributes: {
        'gen_ai.request.model': 'gemini-2.5-flash',
        'cloud.region': 'europe-west1',
        'http.response.status_code': 200,
        'local_cloud.first_token_ms': 230,
        'local_cloud.tokens_per_sec': 188,
      },
    });
  });

  it('that its caller gave up has a span that failed, with no status', async () => {
    // GIVEN a model that has not said its first word when its caller has had enough
    const patience = new AbortController();
    const headers = { ...IN_TRACE, authorization: `Bearer ${cloud.token()}` };
    const asked = request(urlOf({ model: 'gemini-2.5-pro' }), {
      method: 'POST',
      headers,
      signal: patience.signal,
    });
    asked.end(BODY);
    const gone = once(asked, 'error');
    await once(asked, 'finish');
    // What came later on another connection has its answer, so the server has begun with this one.
    await (await ask()).text();

    // WHEN
    patience.abort();
    await gone;

    // THEN
    const span = await cloud.span();
    expect(span.status).toBe('error');
    expect(span.attributes).not.toHaveProperty('http.response.status_code');
  });

  it('outside of one has none', async () => {
    await (await ask()).text();
    expect(cloud.spans).toEqual([]);
  });
});

describe('a model', () => {
  it.each(['gemini-2.5-pro', 'gemini-3.1-pro-preview', 'gemini-pro-latest'])(
    '%s thinks before it writes',
    (model) => {
      const speed = speedOf(model);
      expect([tokenMs(speed, 1), tokenMs(speed, 123)]).toEqual([7_608, 8_608]);
    },
  );

  it.each(['gemini-2.5-flash', 'gemini-flash-latest', 'gemini-2.5-flash-lite', 'prompter-1'])(
    '%s writes at once',
    (model) => {
      const speed = speedOf(model);
      expect([tokenMs(speed, 1), tokenMs(speed, 189)]).toEqual([230, 1_230]);
    },
  );
});

describe('a call from another region than the model', () => {
  it('takes the way there and back, and says so to its caller and in its trace', async () => {
    const response = await ask({ region: 'europe-north1', headers: IN_TRACE });
    await response.text();
    expect(response.headers.get('server-timing')).toBe('region;desc="europe-north1 to europe-west1";dur=102');
    expect((await cloud.span()).attributes).toMatchObject({
      'local_cloud.latency_ms': 102,
      'local_cloud.caller_region': 'europe-north1',
      'local_cloud.region': 'europe-west1',
    });
  });

  it.each([
    ['in the same region', 'europe-north1'],
    ['that is global', 'global'],
  ])('takes no longer to one %s', async (_what, location) => {
    const response = await ask({ region: 'europe-north1', location });
    expect(response.headers.get('server-timing')).toBeNull();
    await response.text();
  });
});

describe('a fault of a rule', () => {
  it('is told to the caller and in the trace', async () => {
    cloud.faults.add({ model: 'gemini-2.5-flash', latencyMs: 5, status: 429, retryAfterSec: 3 });
    const response = await ask({ headers: IN_TRACE });
    expect(response.headers.get('server-timing')).toBe('fault;desc="latency 5 ms and status 429"');
    expect(response.headers.get('retry-after')).toBe('3');
    expect([response.status, JSON.parse(await response.text())]).toMatchObject([
      429,
      { error: { code: 429, status: 'RESOURCE_EXHAUSTED' } },
    ]);
    expect((await cloud.span()).attributes).toMatchObject({
      'http.response.status_code': 429,
      'local_cloud.fault': 'latency 5 ms and status 429',
    });
  });

  it('is got over by the retries of the official client', async () => {
    cloud.faults.add({ model: '*', status: 503, times: 1 });
    const { models } = cloud.client({ httpOptions: { retryOptions: { attempts: 2, initialDelay: 0.01 } } });
    const answer = await models.generateContent({ model: 'gemini-2.5-flash', contents: 'Storks leave.' });
    expect(answer.text).toBe('Storks leave.');
  });

  it('resets the connection before the call is handled', async () => {
    cloud.faults.add({ model: '*', connection: 'reset' });
    await expect(ask({ headers: IN_TRACE })).rejects.toThrow('fetch failed');
    const span = await cloud.span();
    expect([span.status, span.attributes['local_cloud.fault']]).toEqual(['error', 'reset']);
  });

  it('breaks an answer off after as much as it lets through', async () => {
    cloud.faults.add({ model: '*', connection: 'abort', afterBytes: 10 });
    const headers = { authorization: `Bearer ${cloud.token()}` };
    const asked = request(urlOf({ method: 'streamGenerateContent?alt=sse' }), { method: 'POST', headers });
    asked.end(BODY);
    const response = await responseTo(asked);
    let received = '';
    response.on('data', (chunk: Buffer) => (received += chunk.toString()));
    await expect(text(response)).rejects.toThrow('aborted');
    expect(received).toBe('data: {"ca');
  });
});
