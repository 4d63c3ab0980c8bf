import { GoogleGenAI, type GoogleGenAIOptions } from '@google/genai';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { tracing } from '@opentelemetry/sdk-node';
import { OAuth2Client } from 'google-auth-library';
import { tracedGemini } from '../../../services/telemetry';
import { answering, failing, GeminiServer, saying, streaming } from './gemini-server';
import { traceThisProcess, type TracedProcess } from './traced-process';

const MODEL = 'gemini-test';
const CANARY = 'canary-4711';

let traced: TracedProcess;
let server: GeminiServer;

beforeEach(() => {
  traced = traceThisProcess();
});

afterEach(async () => {
  server.close();
  await traced.stop();
});

const clientOf = (options: GoogleGenAIOptions = {}, env: Record<string, string> = {}): GoogleGenAI =>
  tracedGemini(
    new GoogleGenAI({
      apiKey: 'key',
      ...options,
      httpOptions: { baseUrl: server.url, ...options.httpOptions },
    }),
    env,
  );

const modelSpan = async (): Promise<tracing.ReadableSpan> => {
  const [span, ...others] = (await traced.spans()).filter(
    ({ attributes }) => 'gen_ai.operation.name' in attributes,
  );
  if (!span || others.length > 0) throw new Error(`${others.length + (span ? 1 : 0)} spans of a model`);
  return span;
};

const read = async (stream: AsyncGenerator<{ text: string | undefined }>): Promise<string> => {
  let all = '';
  for await (const chunk of stream) all += chunk.text ?? '';
  return all;
};

describe('a call of the Gemini API', () => {
  it('is a client span with what was asked, what was answered, and what it cost', async () => {
    server = await GeminiServer.start(
      answering({
        ...saying('Hello.', { finishReason: 'STOP' }),
        usageMetadata: {
          promptTokenCount: 10,
          toolUsePromptTokenCount: 3,
          candidatesTokenCount: 5,
          thoughtsTokenCount: 7,
          cachedContentTokenCount: 4,
          totalTokenCount: 25,
        },
      }),
    );

    const answer = await clientOf().models.generateContent({
      model: MODEL,
      contents: 'Hi',
      config: {
        temperature: 0.7,
        topP: 0.95,
        topK: 40,
        maxOutputTokens: 100,
        seed: 7,
        stopSequences: ['END'],
        frequencyPenalty: 0.5,
        presencePenalty: -0.5,
        candidateCount: 2,
        responseMimeType: 'application/json',
      },
    });

    expect(answer.text).toBe('Hello.');
    const span = await modelSpan();
    expect(span).toMatchObject({
      name: `generate_content ${MODEL}`,
      kind: SpanKind.CLIENT,
      status: { code: SpanStatusCode.UNSET },
    });
    expect(span.attributes).toEqual({
      'gen_ai.operation.name': 'generate_content',
      'gen_ai.provider.name': 'gcp.gemini',
      'gen_ai.request.model': MODEL,
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(server.url).port),
      'gen_ai.output.type': 'json',
      'gen_ai.request.temperature': 0.7,
      'gen_ai.request.top_p': 0.95,
      'gen_ai.request.top_k': 40,
      'gen_ai.request.max_tokens': 100,
      'gen_ai.request.seed': 7,
      'gen_ai.request.stop_sequences': ['END'],
      'gen_ai.request.frequency_penalty': 0.5,
      'gen_ai.request.presence_penalty': -0.5,
      'gen_ai.request.choice.count': 2,
      'gen_ai.response.model': 'gemini-test-001',
      'gen_ai.response.id': 'response-1',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 13,
      'gen_ai.usage.output_tokens': 12,
      'gen_ai.usage.reasoning.output_tokens': 7,
      'gen_ai.usage.cache_read.input_tokens': 4,
    });
  });

  it('says nothing of what was not asked or not answered', async () => {
    server = await GeminiServer.start(answering({ candidates: [{ content: { parts: [] } }] }));

    await clientOf().models.generateContent({ model: MODEL, contents: 'Hi', config: { candidateCount: 1 } });

    expect(Object.keys((await modelSpan()).attributes).toSorted()).toEqual([
      'gen_ai.operation.name',
      'gen_ai.provider.name',
      'gen_ai.request.model',
      'gen_ai.response.finish_reasons',
      'server.address',
      'server.port',
    ]);
  });

  it.each([
    ['text', { responseMimeType: 'text/x.enum' }],
    ['image', { responseModalities: ['TEXT', 'IMAGE'] }],
    ['speech', { responseModalities: ['AUDIO'] }],
  ])('tells which kind of output was asked for: %s', async (type, config) => {
    server = await GeminiServer.start(answering(saying('x')));

    await clientOf().models.generateContent({ model: MODEL, contents: 'Hi', config });

    expect((await modelSpan()).attributes).toMatchObject({ 'gen_ai.output.type': type });
  });

  it('has its attempts below it, and a handled one is not its error', async () => {
    server = await GeminiServer.start(failing(503, 'UNAVAILABLE'), answering(saying('Hello.')));
    const retryOptions = { attempts: 2, initialDelay: 0.001 };

    await clientOf({ httpOptions: { retryOptions } }).models.generateContent({
      model: MODEL,
      contents: 'Hi',
    });

    const span = await modelSpan();
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
    const attempts = (await traced.spans()).filter(({ name }) => name === 'POST');
    expect(attempts.map((attempt) => attempt.parentSpanContext?.spanId)).toEqual([
      span.spanContext().spanId,
      span.spanContext().spanId,
    ]);
  });

  it('leaves the caller’s parameters as they were', async () => {
    server = await GeminiServer.start(answering(saying('x')));
    const params = { model: MODEL, contents: 'Hi', config: { temperature: 1 } };

    await clientOf().models.generateContent(params);

    expect(params).toEqual({ model: MODEL, contents: 'Hi', config: { temperature: 1 } });
  });

  it('is traced once, however often its client is wrapped', async () => {
    server = await GeminiServer.start(answering(saying('x')));

    await tracedGemini(clientOf()).models.generateContent({ model: MODEL, contents: 'Hi' });

    await expect(modelSpan()).resolves.toBeDefined();
  });

  it('is traced when a chat makes it', async () => {
    server = await GeminiServer.start(answering(saying('Hello.', { finishReason: 'STOP' })));

    await clientOf().chats.create({ model: MODEL }).sendMessage({ message: 'Hi' });

    expect((await modelSpan()).name).toBe(`generate_content ${MODEL}`);
  });
});

describe('a refused prompt', () => {
  it('is visible and no error', async () => {
    server = await GeminiServer.start(
      answering({
        promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
        usageMetadata: { promptTokenCount: 9 },
      }),
    );

    await clientOf().models.generateContent({ model: MODEL, contents: 'Hi' });

    const { status, attributes } = await modelSpan();
    expect(status.code).toBe(SpanStatusCode.UNSET);
    expect(attributes).toMatchObject({
      'gcp.gemini.prompt.block_reason': 'prohibited_content',
      'gen_ai.usage.input_tokens': 9,
    });
  });

  it('is told from a refused answer by its finish reason', async () => {
    server = await GeminiServer.start(answering({ candidates: [{ finishReason: 'SAFETY' }] }));

    await clientOf().models.generateContent({ model: MODEL, contents: 'Hi' });

    const { status, attributes } = await modelSpan();
    expect(status.code).toBe(SpanStatusCode.UNSET);
    expect(attributes['gen_ai.response.finish_reasons']).toEqual(['safety']);
    expect(attributes['gcp.gemini.prompt.block_reason']).toBeUndefined();
  });
});

describe('a stream', () => {
  it('is one span to its end, with the time to its first chunk and its last token counts', async () => {
    server = await GeminiServer.start(
      streaming(
        { ...saying('Hel'), usageMetadata: { promptTokenCount: 4, candidatesTokenCount: 1 } },
        {
          ...saying('lo.', { finishReason: 'MAX_TOKENS' }),
          usageMetadata: { promptTokenCount: 4, candidatesTokenCount: 3, thoughtsTokenCount: 2 },
        },
      ),
    );

    const stream = await clientOf().models.generateContentStream({ model: MODEL, contents: 'Hi' });

    expect(await read(stream)).toBe('Hello.');
    const { status, attributes } = await modelSpan();
    expect(status.code).toBe(SpanStatusCode.UNSET);
    expect(attributes).toMatchObject({
      'gen_ai.request.stream': true,
      'gen_ai.response.time_to_first_chunk': expect.any(Number),
      'gen_ai.response.finish_reasons': ['max_tokens'],
      'gen_ai.usage.input_tokens': 4,
      'gen_ai.usage.output_tokens': 5,
    });
    // In seconds: a local answer needs no thousand of them.
    expect(attributes['gen_ai.response.time_to_first_chunk']).toBeGreaterThan(0);
    expect(attributes['gen_ai.response.time_to_first_chunk']).toBeLessThan(1_000);
    expect(attributes['traced.stream_abandoned']).toBeUndefined();
  });
});

describe('embeddings', () => {
  it('are a span with the dimensions that were asked for', async () => {
    server = await GeminiServer.start(answering({ embeddings: [{ values: [0.1, 0.2] }] }));

    const answer = await clientOf().models.embedContent({
      model: MODEL,
      contents: ['one'],
      config: { outputDimensionality: 2 },
    });

    expect(answer.embeddings).toEqual([{ values: [0.1, 0.2] }]);
    const span = await modelSpan();
    expect(span.name).toBe(`embeddings ${MODEL}`);
    expect(span.attributes).toMatchObject({
      'gen_ai.operation.name': 'embeddings',
      'gen_ai.provider.name': 'gcp.gemini',
      'gen_ai.embeddings.dimension.count': 2,
    });
  });
});

const vertexClient = (): GoogleGenAI => {
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: 'token', expiry_date: Date.now() + 3_600_000 });
  return tracedGemini(
    new GoogleGenAI({
      vertexai: true,
      project: 'p',
      location: 'europe-west1',
      googleAuthOptions: { authClient },
      httpOptions: { baseUrl: server.url },
    }),
    {},
  );
};

describe('Vertex AI', () => {
  it('is the provider of calls in a project', async () => {
    server = await GeminiServer.start(answering(saying('Hello.')));

    await vertexClient().models.generateContent({ model: MODEL, contents: 'Hi' });

    expect(server.requests[0]?.path).toContain('/projects/p/locations/europe-west1/');
    expect((await modelSpan()).attributes).toMatchObject({ 'gen_ai.provider.name': 'gcp.vertex_ai' });
  });

  it('counts the tokens of embeddings', async () => {
    const statistics = { token_count: 3 };
    server = await GeminiServer.start(
      answering({ predictions: [1, 2].map(() => ({ embeddings: { values: [1], statistics } })) }),
    );

    await vertexClient().models.embedContent({ model: 'text-embedding-004', contents: ['one', 'two'] });

    expect((await modelSpan()).attributes).toMatchObject({ 'gen_ai.usage.input_tokens': 6 });
  });

  it('has a server by its location', async () => {
    server = await GeminiServer.start(answering(saying('x')));
    const client = tracedGemini(
      new GoogleGenAI({ vertexai: true, project: 'p', location: 'europe-west1' }),
      {},
    );

    const aborted = AbortSignal.abort();
    await client.models
      .generateContent({ model: MODEL, contents: 'Hi', config: { abortSignal: aborted } })
      .catch(() => undefined);

    expect((await modelSpan()).attributes).toMatchObject({
      'server.address': 'europe-west1-aiplatform.googleapis.com',
      'server.port': 443,
    });
  });
});

describe('what is said', () => {
  const CAPTURE = { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true' };

  it.each([
    ['not set', undefined],
    ['false', 'false'],
    ['something else', 'yes please'],
  ])('is in no span when the variable is %s', async (_what, value) => {
    server = await GeminiServer.start(answering(saying(CANARY, { finishReason: 'STOP' })));
    const env = value === undefined ? {} : { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: value };
    const config = { systemInstruction: CANARY };

    await clientOf({}, env).models.generateContent({ model: MODEL, contents: CANARY, config });

    const spans = (await traced.spans()).map(({ name, attributes, events, status }) => [
      name,
      attributes,
      events,
      status,
    ]);
    expect(spans.length).toBeGreaterThan(1);
    expect(JSON.stringify(spans)).not.toContain(CANARY);
  });

  it('is in the span by the conventions’ shape when asked for', async () => {
    server = await GeminiServer.start(
      streaming(
        { candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'hm', thought: true }] } }] },
        saying('It '),
        saying('rains.', { finishReason: 'STOP' }),
      ),
    );

    const stream = await clientOf({}, CAPTURE).models.generateContentStream({
      model: MODEL,
      contents: [
        {
          role: 'user',
          parts: [{ text: 'Weather?' }, { inlineData: { mimeType: 'image/png', data: 'AAAA' } }],
        },
        { role: 'model', parts: [{ functionCall: { id: 'c1', name: 'weather', args: { city: 'Paris' } } }] },
        { role: 'function', parts: [{ functionResponse: { id: 'c1', response: { output: 'rain' } } }] },
        { role: 'user', parts: [{ fileData: { mimeType: 'application/pdf', fileUri: 'gs://b/o' } }] },
      ],
      config: { systemInstruction: 'Be short.' },
    });
    await read(stream);

    const { attributes } = await modelSpan();
    expect(JSON.parse(String(attributes['gen_ai.input.messages']))).toEqual([
      {
        role: 'user',
        parts: [
          { type: 'text', content: 'Weather?' },
          { type: 'inlineData', mime_type: 'image/png' },
        ],
      },
      {
        role: 'assistant',
        parts: [{ type: 'tool_call', id: 'c1', name: 'weather', arguments: { city: 'Paris' } }],
      },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: { output: 'rain' } }] },
      {
        role: 'user',
        parts: [{ type: 'uri', mime_type: 'application/pdf', modality: 'document', uri: 'gs://b/o' }],
      },
    ]);
    expect(JSON.parse(String(attributes['gen_ai.system_instructions']))).toEqual([
      { type: 'text', content: 'Be short.' },
    ]);
    expect(JSON.parse(String(attributes['gen_ai.output.messages']))).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'hm' },
          { type: 'text', content: 'It rains.' },
        ],
        finish_reason: 'stop',
      },
    ]);
  });

  it('is cut so that it stays JSON', async () => {
    server = await GeminiServer.start(answering(saying('x')));

    await clientOf({}, CAPTURE).models.generateContent({
      model: MODEL,
      contents: ['a'.repeat(100_000), 'second'],
    });

    const messages = String((await modelSpan()).attributes['gen_ai.input.messages']);
    expect(messages.length).toBeLessThan(10_000);
    expect(JSON.parse(messages)).toEqual([
      { role: 'user', parts: [{ type: 'text', content: expect.stringMatching(/^a+…$/) }] },
    ]);
  });
});
