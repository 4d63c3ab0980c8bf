import type { ServerResponse } from 'node:http';
import { GoogleGenAI, type GenerateContentResponse, type HttpOptions } from '@google/genai';
import { SpanStatusCode } from '@opentelemetry/api';
import type { tracing } from '@opentelemetry/sdk-node';
import { DeadlineExceededError, tracedGemini, withDeadline } from '../../../services/telemetry';
import {
  answering,
  breaking,
  failing,
  GeminiServer,
  neverAnswering,
  pausing,
  saying,
  streaming,
} from './gemini-server';
import { traceThisProcess, type TracedProcess } from './traced-process';

const QUESTION = { model: 'gemini-test', contents: 'canary-4711' };
const FIRST = { ...saying('canary-4711'), usageMetadata: { promptTokenCount: 4, candidatesTokenCount: 1 } };

let traced: TracedProcess;
let server: GeminiServer;

beforeEach(() => {
  traced = traceThisProcess();
});

afterEach(async () => {
  server.close();
  await traced.stop();
});

const clientOf = (httpOptions: HttpOptions = {}): GoogleGenAI['models'] =>
  tracedGemini(new GoogleGenAI({ apiKey: 'key', httpOptions: { baseUrl: server.url, ...httpOptions } }), {})
    .models;

const readToEnd = async (): Promise<void> => {
  for await (const chunk of await clientOf().generateContentStream(QUESTION))
    expect(chunk.text).toBeDefined();
};

const leaveByError = async (): Promise<void> => {
  for await (const chunk of await clientOf().generateContentStream(QUESTION))
    throw new Error(chunk.responseId);
};

const modelSpan = async (): Promise<tracing.ReadableSpan> => {
  const spans = (await traced.spans()).filter(({ attributes }) => 'gen_ai.operation.name' in attributes);
  const [span] = spans;
  if (!span || spans.length > 1) throw new Error(`${spans.length} spans of a model`);
  return span;
};

const expectFailure = async (type: string): Promise<tracing.ReadableSpan> => {
  const span = await modelSpan();
  expect(span.status.code).toBe(SpanStatusCode.ERROR);
  expect(span.attributes['error.type']).toBe(type);
  return span;
};

describe('an error of the API', () => {
  it.each([
    [400, 'INVALID_ARGUMENT'],
    [429, 'RESOURCE_EXHAUSTED'],
    [500, 'INTERNAL'],
  ])('is told by its status, without what its message quotes: %d', async (code, status) => {
    server = await GeminiServer.start(
      failing(code, status, 'Invalid value: "canary-4711", "status":"FORGED"'),
    );

    await expect(clientOf().generateContent(QUESTION)).rejects.toMatchObject({ status: code });

    expect((await expectFailure(String(code))).status.message).toBe(status);
  });

  it('is the last one when every attempt fails', async () => {
    server = await GeminiServer.start(failing(503, 'UNAVAILABLE'), failing(429, 'RESOURCE_EXHAUSTED'));
    const models = clientOf({ retryOptions: { attempts: 3, initialDelay: 0.001 } });

    await expect(models.generateContent(QUESTION)).rejects.toMatchObject({ status: 429 });

    await expectFailure('429');
    expect(server.requests).toHaveLength(3);
  });

  it('is told for embeddings and streams as well', async () => {
    server = await GeminiServer.start(failing(403, 'PERMISSION_DENIED'));

    await expect(clientOf().embedContent({ ...QUESTION })).rejects.toMatchObject({ status: 403 });
    await expect(clientOf().generateContentStream(QUESTION)).rejects.toMatchObject({ status: 403 });

    const spans = (await traced.spans()).filter(({ attributes }) => 'gen_ai.operation.name' in attributes);
    expect(spans.map(({ attributes }) => attributes['error.type'])).toEqual(['403', '403']);
  });
});

describe('an answer that cannot be read', () => {
  it('is an error by its name, and is not quoted', async () => {
    server = await GeminiServer.start((response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end('canary-4711'),
    );

    await expect(clientOf().generateContent(QUESTION)).rejects.toThrow('canary-4711');

    expect((await expectFailure('SyntaxError')).status.message).toBe('');
  });
});

describe('nobody there', () => {
  it('is told by the code of the connection', async () => {
    server = await GeminiServer.start(neverAnswering);
    const models = clientOf();
    server.close();

    await expect(models.generateContent(QUESTION)).rejects.toThrow('fetch failed');

    expect((await expectFailure('ECONNREFUSED')).status.message).toContain('ECONNREFUSED');
  });
});

describe('the deadline', () => {
  it('ends a call that is not answered, and its connection', async () => {
    server = await GeminiServer.start(neverAnswering);
    const left = server.left();

    const call = withDeadline('The test', 100, () => clientOf().generateContent(QUESTION));

    await expect(call).rejects.toThrow(DeadlineExceededError);
    expect((await expectFailure('deadline_exceeded')).attributes).toMatchObject({
      'traced.deadline_exceeded': true,
      'traced.deadline_ms': expect.any(Number),
    });
    await left;
  });

  it('ends the pause before another attempt, which is then not made', async () => {
    server = await GeminiServer.start(failing(503, 'UNAVAILABLE'));
    const models = clientOf({ retryOptions: { attempts: 5, initialDelay: 1 } });

    const call = withDeadline('The test', 200, () => models.generateContent(QUESTION));

    await expect(call).rejects.toThrow(DeadlineExceededError);
    await expectFailure('deadline_exceeded');
    expect(server.requests).toHaveLength(1);
  });

  it('sends nothing when no time is left', async () => {
    server = await GeminiServer.start(answering(saying('x')));

    const call = withDeadline('The test', 0, () => clientOf().generateContent(QUESTION));

    await expect(call).rejects.toThrow(DeadlineExceededError);
    await expectFailure('deadline_exceeded');
    expect(server.requests).toHaveLength(0);
  });

  it('ends a stream in the middle, which keeps what it has cost', async () => {
    server = await GeminiServer.start(pausing(FIRST));

    const reading = withDeadline('The test', 200, readToEnd);

    await expect(reading).rejects.toThrow(DeadlineExceededError);
    expect((await expectFailure('deadline_exceeded')).attributes).toMatchObject({
      'gen_ai.usage.input_tokens': 4,
      'gen_ai.usage.output_tokens': 1,
      'gen_ai.response.finish_reasons': ['error'],
    });
  });

  it('ends the span of a stream that nobody reads', async () => {
    server = await GeminiServer.start(pausing(FIRST));
    const left = server.left();

    const reading = withDeadline('The test', 500, async () => {
      await clientOf().generateContentStream(QUESTION);
      // Whoever waits for something else: the stream itself may end a moment before.
      await new Promise(() => {});
    });
    await expect(reading).rejects.toThrow(DeadlineExceededError);
    await left;

    const { attributes } = await expectFailure('deadline_exceeded');
    expect(attributes['gen_ai.request.stream']).toBe(true);
  });
});

describe('the caller', () => {
  it('may abort by a signal of its own', async () => {
    server = await GeminiServer.start(neverAnswering);
    const controller = new AbortController();

    const call = clientOf().generateContent({ ...QUESTION, config: { abortSignal: controller.signal } });
    controller.abort();

    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    await expectFailure('aborted');
  });

  it('may set a time limit of the SDK', async () => {
    server = await GeminiServer.start(neverAnswering);

    await expect(clientOf({ timeout: 50 }).generateContent(QUESTION)).rejects.toThrow('aborted');

    await expectFailure('timeout');
  });
});

describe('a stream', () => {
  it('that its consumer leaves ends then, without an error, and its connection is closed', async () => {
    server = await GeminiServer.start(pausing(FIRST));
    const left = server.left();

    for await (const chunk of await clientOf().generateContentStream(QUESTION)) {
      expect(chunk.text).toBe('canary-4711');
      break;
    }

    const { status, attributes } = await modelSpan();
    expect(status.code).toBe(SpanStatusCode.UNSET);
    expect(attributes).toMatchObject({ 'traced.stream_abandoned': true, 'gen_ai.usage.input_tokens': 4 });
    await left;
  });

  it('that its consumer leaves by an error of its own ends then', async () => {
    server = await GeminiServer.start(pausing(FIRST));

    await expect(leaveByError()).rejects.toThrow('response-1');
    expect((await modelSpan()).attributes).toMatchObject({ 'traced.stream_abandoned': true });
  });

  type Stream = AsyncGenerator<GenerateContentResponse>;
  it.each<[string, (stream: Stream) => Promise<unknown>, unknown]>([
    ['return', (stream) => stream.return('enough'), { done: true, value: 'enough' }],
    ['throw', (stream) => stream.throw(new Error('enough')).catch(({ message }: Error) => message), 'enough'],
  ])('that its consumer closes by %s before it has read anything ends then', async (_how, close, answer) => {
    server = await GeminiServer.start(pausing(FIRST));
    const left = server.left();
    const stream = await clientOf().generateContentStream(QUESTION);

    expect(await close(stream)).toEqual(answer);

    const { status, attributes } = await modelSpan();
    expect(status.code).toBe(SpanStatusCode.UNSET);
    expect(attributes).toMatchObject({ 'traced.stream_abandoned': true });
    await left;
    // Whoever closes it again, or reads on, gets what every generator gives that has ended.
    await expect(stream.next()).resolves.toEqual({ done: true, value: undefined });
    expect(await close(stream)).toEqual(answer);
  });

  it('that breaks keeps what it has cost', async () => {
    server = await GeminiServer.start(breaking(FIRST));

    await expect(readToEnd()).rejects.toThrow('terminated');
    const span = await expectFailure('UND_ERR_SOCKET');
    expect(span.attributes).toMatchObject({ 'gen_ai.usage.input_tokens': 4 });
  });

  it('in which the API reports an error is told by its status', async () => {
    const error = { code: 503, message: 'canary-4711', status: 'UNAVAILABLE' };
    server = await GeminiServer.start(streaming(FIRST, { error }));

    await expect(readToEnd()).rejects.toMatchObject({ status: 503 });
    const { status, attributes } = await expectFailure('503');
    expect(status.message).toBe('UNAVAILABLE');
    expect(attributes).toMatchObject({ 'gen_ai.usage.input_tokens': 4 });
  });
});

describe('what is said', () => {
  it.each([
    ['a refusal', failing(400, 'INVALID_ARGUMENT', 'canary-4711')],
    ['rubbish', (response: ServerResponse) => response.writeHead(200).end('canary-4711')],
    ['an error page', (response: ServerResponse) => response.writeHead(500).end('canary-4711')],
    ['a broken stream', breaking(FIRST)],
  ])('is in no span after %s', async (_what, answer) => {
    server = await GeminiServer.start(answer);

    // A stream of rubbish is one without chunks.
    await readToEnd().catch(() => undefined);

    const spans = (await traced.spans()).map(({ name, attributes, events, status }) => [
      name,
      attributes,
      events,
      status,
    ]);
    expect(spans.length).toBeGreaterThan(1);
    expect(JSON.stringify(spans)).not.toContain('canary-4711');
  });
});
