import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { SpanKind } from '@opentelemetry/api';
import type { tracing } from '@opentelemetry/sdk-node';
import type { DocumentRecord } from '../../../services/document';
import { buildProcessor } from '../../../services/processor/app';
import { parseGeminiSettings } from '../../../services/processor/gemini-settings';
import { createGeminiSummary } from '../../../services/processor/gemini-summary';
import { createServiceClient, log } from '../../../services/telemetry';
import { AnyToken } from '../gateway/pipeline';
import {
  answering,
  failing,
  GeminiServer,
  neverAnswering,
  saying,
  type Answer,
} from '../telemetry/gemini-server';
import { listenLocally, RecordingServer, send } from '../telemetry/http';
import { traceThisProcess, type TracedProcess } from '../telemetry/traced-process';

const ID = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const TEXT = 'canary-4711 is the first sentence of this document.';
const WRITTEN = 'canary-4712 is what Gemini makes of it.';
const KEY = { GEMINI_API_KEY: 'secret-4713' };

let traced: TracedProcess;
let gemini: GeminiServer | undefined;
let storage: RecordingServer;
let app: FastifyInstance | undefined;

beforeEach(() => {
  traced = traceThisProcess({ TRACED_TRUST_CALLER: 'true' });
  storage = new RecordingServer();
  storage.status = 201;
  storage.body = '{"generation":"1"}';
});

afterEach(async () => {
  delete process.env['GOOGLE_GEMINI_BASE_URL'];
  jest.restoreAllMocks();
  await app?.close();
  gemini?.close();
  storage.close();
  await traced.stop();
});

interface Processed {
  readonly status: number;
  readonly record: DocumentRecord;
  readonly server: tracing.ReadableSpan;
  readonly spans: readonly tracing.ReadableSpan[];
}

const sendDocument = async (
  env: Record<string, string>,
  { text = TEXT, deadlineMs = 30_000 } = {},
): Promise<Processed> => {
  const callee = { url: await listenLocally(storage.server), deadlineMs: 10_000 };
  const client = createServiceClient(callee, { auth: new AnyToken() });
  app = buildProcessor({ storage: client, gemini: createGeminiSummary(env) });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const headers = { 'content-type': 'text/plain', 'traced-deadline-ms': String(deadlineMs) };
  const { status, body } = await send(`${url}/documents/${ID}`, { method: 'POST', headers, body: text });
  const spans = await traced.spans();
  const server = spans.find(({ kind }) => kind === SpanKind.SERVER);
  if (!server) throw new Error('no server span');
  const { record }: { record: DocumentRecord } = JSON.parse(body);
  return { status, record, server, spans };
};

const startGemini = async (answer: Answer): Promise<void> => {
  gemini = await GeminiServer.start(answer);
  // The SDK's own variable.
  process.env['GOOGLE_GEMINI_BASE_URL'] = gemini.url;
};

describe('a summary', () => {
  it('is Gemini’s when there is a key, and the trace shows the call and what it cost', async () => {
    await startGemini(
      answering({
        ...saying(`${WRITTEN}\n`, { finishReason: 'STOP' }),
        usageMetadata: { promptTokenCount: 20, candidatesTokenCount: 9, totalTokenCount: 29 },
      }),
    );

    const { status, record, server, spans } = await sendDocument({ ...KEY, GEMINI_MODEL: 'gemini-mine' });

    expect(status).toBe(201);
    expect(record).toMatchObject({ summary: WRITTEN, summaryBy: 'gemini', language: 'en', wordCount: 9 });
    expect(gemini?.requests).toHaveLength(1);
    expect(gemini?.requests[0]).toMatchObject({
      path: '/v1beta/models/gemini-mine:generateContent',
      headers: { 'x-goog-api-key': 'secret-4713' },
      body: expect.stringContaining(TEXT),
    });
    // Whose key it is may be anybody's: only this project's own Vertex AI learns of the trace.
    expect(gemini?.requests[0]?.headers).not.toHaveProperty('traceparent');
    expect(server.attributes).toMatchObject({ 'document.summary_by': 'gemini' });
    expect(server.events).toEqual([]);
    const call = spans.find(({ name }) => name === 'generate_content gemini-mine');
    expect(call?.parentSpanContext?.spanId).toBe(server.spanContext().spanId);
    expect(call?.attributes).toMatchObject({
      'gen_ai.usage.input_tokens': 20,
      'gen_ai.usage.output_tokens': 9,
    });
  });

  it('is the processor’s own without a key, and nobody is asked', async () => {
    await startGemini(answering(saying(WRITTEN, { finishReason: 'STOP' })));

    const { record, server } = await sendDocument({});

    expect(record).toMatchObject({ summary: TEXT, summaryBy: 'processor' });
    expect(server.attributes).toMatchObject({ 'document.summary_by': 'processor' });
    expect(server.events).toEqual([]);
    expect(gemini?.requests).toEqual([]);
  });

  it('is no longer than a record’s may be', async () => {
    await startGemini(answering(saying('word '.repeat(1_000), { finishReason: 'STOP' })));

    const { record } = await sendDocument(KEY);

    expect(record.summaryBy).toBe('gemini');
    expect(record.summary.length).toBeLessThanOrEqual(500);
  });

  it('is not asked about a document without words', async () => {
    await startGemini(answering(saying(WRITTEN, { finishReason: 'STOP' })));

    const { record } = await sendDocument(KEY, { text: ' . ' });

    expect(record.summaryBy).toBe('processor');
    expect(gemini?.requests).toEqual([]);
  });

  it.each([
    ['429', failing(429, 'RESOURCE_EXHAUSTED', TEXT)],
    ['500', failing(500, 'INTERNAL', TEXT)],
    ['SyntaxError', (response: ServerResponse) => response.writeHead(200).end(TEXT)],
    ['blocked_safety', answering({ promptFeedback: { blockReason: 'SAFETY' } })],
    ['recitation', answering({ candidates: [{ finishReason: 'RECITATION' }] })],
    ['max_tokens', answering(saying(WRITTEN, { finishReason: 'MAX_TOKENS' }))],
    ['no_candidate', answering({})],
    ['empty', answering(saying(' ', { finishReason: 'STOP' }))],
  ])(
    'is the processor’s own when Gemini answers with %s, and trace and log say so',
    async (reason, answer) => {
      await startGemini(answer);
      const warn = jest.spyOn(log, 'warn');

      const { status, record, server } = await sendDocument(KEY);

      expect(status).toBe(201);
      expect(record).toMatchObject({ summary: TEXT, summaryBy: 'processor' });
      expect(server.attributes).toMatchObject({ 'document.summary_by': 'processor' });
      expect(server.events).toMatchObject([
        { name: 'summary.fallback', attributes: { 'error.type': reason } },
      ]);
      expect(warn.mock.calls).toEqual([[{ errorType: reason }, expect.stringContaining(reason)]]);
    },
  );

  it('is the processor’s own when Gemini does not answer in the time that is left without storage', async () => {
    await startGemini(neverAnswering);

    const { status, record, server } = await sendDocument(KEY, { deadlineMs: 1_500 });

    expect(status).toBe(201);
    expect(record.summaryBy).toBe('processor');
    expect(server.events).toMatchObject([{ attributes: { 'error.type': 'deadline_exceeded' } }]);
    expect(server.attributes['traced.deadline_exceeded']).toBeUndefined();
    expect(gemini?.requests).toHaveLength(1);
    expect(storage.requests).toHaveLength(1);
  });

  it('is not asked of Gemini when storage needs the time', async () => {
    await startGemini(answering(saying(WRITTEN, { finishReason: 'STOP' })));

    const { record, server } = await sendDocument(KEY, { deadlineMs: 1_000 });

    expect(record.summaryBy).toBe('processor');
    expect(server.events).toMatchObject([{ attributes: { 'error.type': 'no_time' } }]);
    expect(gemini?.requests).toEqual([]);
  });
});

describe('what documents and summaries say', () => {
  it.each([
    ['an answer', answering(saying(WRITTEN, { finishReason: 'STOP' }))],
    ['a refusal that quotes them', failing(400, 'INVALID_ARGUMENT', TEXT)],
    ['rubbish', (response: ServerResponse) => response.writeHead(200).end(WRITTEN)],
  ])('is in no span and no log line after %s, and neither is the key', async (_what, answer) => {
    await startGemini(answer);
    const lines: unknown[] = [];
    for (const level of ['debug', 'info', 'warn', 'error'] as const) {
      jest.spyOn(log, level).mockImplementation((...line: unknown[]) => void lines.push(line));
    }

    const { spans } = await sendDocument(KEY);

    const told = spans.map(({ name, attributes, events, status }) => [name, attributes, events, status]);
    expect(spans.some(({ name }) => name.startsWith('generate_content'))).toBe(true);
    expect(JSON.stringify([told, lines])).not.toMatch(/canary-471|secret-4713/);
  });
});

describe('how Gemini is reached', () => {
  it.each([
    ['nothing', {}, undefined],
    ['a key', KEY, { backend: { vertexai: false, apiKey: 'secret-4713' }, model: 'gemini-flash-latest' }],
    [
      'a model',
      { ...KEY, GEMINI_MODEL: 'm' },
      { backend: { vertexai: false, apiKey: 'secret-4713' }, model: 'm' },
    ],
    [
      'Vertex AI',
      { GOOGLE_GENAI_USE_VERTEXAI: 'true', GOOGLE_CLOUD_PROJECT: 'p', GOOGLE_CLOUD_LOCATION: 'l' },
      { backend: { vertexai: true, project: 'p', location: 'l' }, model: 'gemini-flash-latest' },
    ],
    [
      'Vertex AI without a location',
      { GOOGLE_GENAI_USE_VERTEXAI: 'True', GOOGLE_CLOUD_PROJECT: 'p', GEMINI_API_KEY: 'unused' },
      { backend: { vertexai: true, project: 'p', location: 'global' }, model: 'gemini-flash-latest' },
    ],
    ['a project alone', { GOOGLE_CLOUD_PROJECT: 'p' }, undefined],
  ])('follows from %s', (_what, env, settings) => {
    expect(parseGeminiSettings(env)).toEqual({ settings, problems: [] });
  });

  it.each([
    ['GOOGLE_CLOUD_PROJECT is not set', { GOOGLE_GENAI_USE_VERTEXAI: 'true', GOOGLE_CLOUD_LOCATION: 'l' }],
    ["GOOGLE_GENAI_USE_VERTEXAI is 'maybe', allowed is true | false", { GOOGLE_GENAI_USE_VERTEXAI: 'maybe' }],
  ])('is told when it cannot be used: %s', (problem, env) => {
    expect(parseGeminiSettings(env)).toEqual({
      settings: undefined,
      problems: [expect.stringContaining(problem)],
    });
  });
});
