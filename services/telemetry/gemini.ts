import type {
  EmbedContentParameters,
  GenerateContentParameters,
  GenerateContentResponse,
  GoogleGenAI,
} from '@google/genai';
import type { Attributes } from '@opentelemetry/api';
import { ATTR_SERVER_ADDRESS, ATTR_SERVER_PORT } from './attributes';
import { GeminiCall } from './gemini-call';
import { ContentRecorder, inputAttributes, parseContentCapture } from './gemini-content';
import { contentRequestAttributes, embeddingRequestAttributes } from './gemini-request';
import { embeddingResponseAttributes, GeminiResponse } from './gemini-response';
import * as genAi from './gen-ai-attributes';
import { log } from './log';
import type { Environment } from './settings';

const traced = new WeakSet<GoogleGenAI>();

/**
 * Traces a client of `@google/genai`, of the Gemini API and of Vertex AI alike: every `generateContent`,
 * `generateContentStream` (those of its chats as well) and `embedContent` is one client span by the OpenTelemetry
 * conventions for generative AI, with the SDK's attempts below it. A call ends with the current request's deadline: it
 * then rejects with a `DeadlineExceededError`. Without time left nothing is sent.
 *
 * The span of a stream ends with the stream, when its consumer stops, or at the deadline if nobody ever reads it. A
 * prompt that Gemini refuses is not an error: its span says `gcp.gemini.prompt.block_reason`.
 *
 * No text of prompts and answers is recorded unless OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT is `true`.
 *
 * Do not give the SDK a `timeout` below 10 s: it hands it on to Gemini, which refuses shorter ones. Retries are as the
 * client's `httpOptions.retryOptions` says; without it there are none.
 *
 * @returns the same client.
 */
export function tracedGemini(client: GoogleGenAI, env: Environment = process.env): GoogleGenAI {
  if (traced.has(client)) return client;
  traced.add(client);
  const { capture, problems } = parseContentCapture(env);
  for (const problem of problems) log.warn(problem);
  const { models } = client;
  const { generateContent, generateContentStream, embedContent } = models;

  const start = (
    operation: string,
    params: GenerateContentParameters | EmbedContentParameters,
  ): GeminiCall => {
    const attributes = {
      [genAi.OPERATION_NAME]: operation,
      [genAi.PROVIDER_NAME]: client.vertexai ? 'gcp.vertex_ai' : 'gcp.gemini',
      [genAi.REQUEST_MODEL]: params.model,
      ...serverAttributes(params.config?.httpOptions?.baseUrl ?? baseUrlOf(client)),
    };
    return new GeminiCall(`${operation} ${params.model}`, attributes, params.config?.abortSignal);
  };

  const startContent = (params: GenerateContentParameters, stream: boolean): ContentCall => {
    const call = start('generate_content', params);
    const response = new GeminiResponse(capture ? new ContentRecorder() : undefined);
    call.describe(() => contentRequestAttributes(params, stream));
    if (capture) call.describe(() => inputAttributes(params.contents, params.config?.systemInstruction));
    call.describeAtEnd(() => response.attributes());
    return { call, response };
  };

  models.generateContent = async (params) => {
    const { call, response } = startContent(params, false);
    const answer = await call.run(() => generateContent(withSignal(params, call)));
    call.describe(() => response.add(answer));
    call.end();
    return answer;
  };

  models.generateContentStream = async (params) => {
    const content = startContent(params, true);
    const startedAt = performance.now();
    const stream = await content.call.run(() => generateContentStream(withSignal(params, content.call)));
    const reader = readStream(stream, content, startedAt);
    await reader.next();
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is not an answer has just been read
    return reader as AsyncGenerator<GenerateContentResponse>;
  };

  models.embedContent = async (params) => {
    const call = start('embeddings', params);
    call.describe(() => embeddingRequestAttributes(params));
    const answer = await call.run(() => embedContent(withSignal(params, call)));
    call.describe(() => embeddingResponseAttributes(answer));
    call.end();
    return answer;
  };

  return client;
}

interface ContentCall {
  readonly call: GeminiCall;
  readonly response: GeminiResponse;
}

/** The chunks of a stream, after an `undefined` by which it has begun: a generator that has not runs no `finally`. */
async function* readStream(
  stream: AsyncGenerator<GenerateContentResponse>,
  { call, response }: ContentCall,
  startedAt: number,
): AsyncGenerator<GenerateContentResponse | undefined> {
  let isFirst = true;
  try {
    yield undefined;
    for (;;) {
      const step = await call.run(() => stream.next());
      if (step.done === true) {
        call.end();
        return;
      }
      if (isFirst) {
        const seconds = (performance.now() - startedAt) / 1_000;
        call.describe(() => ({ [genAi.RESPONSE_TIME_TO_FIRST_CHUNK]: seconds }));
      }
      isFirst = false;
      call.describe(() => response.add(step.value));
      yield step.value;
    }
  } finally {
    call.abandon();
    // Not waited for: at the deadline the SDK may still be waiting itself.
    stream.return(undefined).catch(() => {});
  }
}

/** A copy, because the SDK writes into what it is given. */
function withSignal<T extends GenerateContentParameters | EmbedContentParameters>(
  params: T,
  call: GeminiCall,
): T {
  return { ...params, config: { ...params.config, abortSignal: call.signal } };
}

/** The SDK tells nobody where it sends its requests; its inner client knows. Empty when it does not say. */
function baseUrlOf(client: GoogleGenAI): string {
  const inner: unknown = Reflect.get(client, 'apiClient');
  if (typeof inner !== 'object' || inner === null || !('getBaseUrl' in inner)) return '';
  return typeof inner.getBaseUrl === 'function' ? String(inner.getBaseUrl()) : '';
}

function serverAttributes(baseUrl: string): Attributes {
  if (!URL.canParse(baseUrl)) return {};
  const { hostname, port, protocol } = new URL(baseUrl);
  return {
    [ATTR_SERVER_ADDRESS]: hostname,
    [ATTR_SERVER_PORT]: Number(port) || (protocol === 'http:' ? 80 : 443),
  };
}
