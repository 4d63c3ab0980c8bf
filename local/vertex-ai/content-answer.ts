import { randomUUID } from 'node:crypto';
import type { ContentRequest } from './content-request';
import { countTokens, splitTokens } from './tokens';

/** What answers say of themselves: no model has written them. */
const MODEL_VERSION = 'local-extract';

/** Of the text, whose first sentences are the answer: as many as most summaries have. */
const SENTENCES = 3;

/** How much of a text is looked at for them, in UTF-16 units: Intl.Segmenter takes minutes for one long piece. */
const MAX_EXTRACT_LENGTH = 4_000;

/** What is streamed at a time, in tokens. */
const CHUNK_TOKENS = 16;

/** A part of an answer, or all of it. */
export interface AnswerPart {
  /** The body of the response, or one event of it: a GenerateContentResponse. */
  readonly body: object;
  /** How many tokens the answer has with it. */
  readonly tokens: number;
}

/** Writes the answer to a request: the first sentences of what was said last, no longer than it may be. */
export function answerContent(request: ContentRequest): AnswerPart {
  const { text, tokens, finishReason } = answerOf(request);
  return { body: responseOf(randomUUID(), text, { ...end(request, tokens), finishReason }), tokens };
}

/** The same answer in parts, as it is streamed: its end and what it cost are in the last one. */
export function streamContent(request: ContentRequest): AnswerPart[] {
  const { text, tokens, finishReason } = answerOf(request);
  const id = randomUUID();
  const pieces = splitTokens(text, CHUNK_TOKENS);
  return pieces.map((piece, index) => {
    const isLast = index === pieces.length - 1;
    return {
      body: responseOf(id, piece, isLast ? { ...end(request, tokens), finishReason } : {}),
      tokens: isLast ? tokens : (index + 1) * CHUNK_TOKENS,
    };
  });
}

interface Answer {
  readonly text: string;
  readonly tokens: number;
  readonly finishReason: 'STOP' | 'MAX_TOKENS';
}

function answerOf({ text, maxOutputTokens = Number.POSITIVE_INFINITY }: ContentRequest): Answer {
  const answer = firstSentences(text);
  const tokens = countTokens(answer);
  if (tokens <= maxOutputTokens) return { text: answer, tokens, finishReason: 'STOP' };
  const [beginning = ''] = splitTokens(answer, maxOutputTokens);
  return { text: beginning, tokens: maxOutputTokens, finishReason: 'MAX_TOKENS' };
}

function firstSentences(text: string): string {
  const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' }).segment(
    text.trim().replaceAll(/\s+/g, ' ').slice(0, MAX_EXTRACT_LENGTH),
  );
  return Array.from(sentences, ({ segment }) => segment)
    .slice(0, SENTENCES)
    .join('')
    .trim();
}

interface AnswerEnd {
  readonly finishReason?: Answer['finishReason'];
  readonly usageMetadata?: object;
}

function end({ promptTokens }: ContentRequest, tokens: number): AnswerEnd {
  return {
    usageMetadata: {
      promptTokenCount: promptTokens,
      candidatesTokenCount: tokens,
      totalTokenCount: promptTokens + tokens,
    },
  };
}

function responseOf(responseId: string, text: string, { finishReason, usageMetadata }: AnswerEnd): object {
  const content = { role: 'model', parts: [{ text }] };
  return {
    candidates: [{ content, ...(finishReason && { finishReason }) }],
    ...(usageMetadata && { usageMetadata }),
    modelVersion: MODEL_VERSION,
    createTime: new Date().toISOString(),
    responseId,
  };
}
