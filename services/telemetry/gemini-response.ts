import type {
  Candidate,
  EmbedContentResponse,
  GenerateContentResponse,
  GenerateContentResponseUsageMetadata,
} from '@google/genai';
import type { Attributes } from '@opentelemetry/api';
import type { ContentRecorder } from './gemini-content';
import * as genAi from './gen-ai-attributes';

/** The convention's word for a candidate whose finish reason never came. */
const UNFINISHED = 'error';

/** What has been received so far of an answer: all at once, or chunk by chunk. */
export class GeminiResponse {
  readonly #content: ContentRecorder | undefined;
  /** By index of the candidate. */
  readonly #finishReasons = new Map<number, string>();
  #attributes: Attributes = {};
  readonly #usage: GenerateContentResponseUsageMetadata = {};

  /** @param content keeps what is said, which only those who opted in want. */
  constructor(content?: ContentRecorder) {
    this.#content = content;
  }

  /** @returns what is known of the answer up to here. */
  add(response: GenerateContentResponse): Attributes {
    // Counts are cumulative, so the latest count of each kind is the one that holds.
    Object.assign(this.#usage, response.usageMetadata);
    this.#attributes = {
      ...this.#attributes,
      ...known({
        [genAi.RESPONSE_MODEL]: response.modelVersion,
        [genAi.RESPONSE_ID]: response.responseId,
        [genAi.PROMPT_BLOCK_REASON]: response.promptFeedback?.blockReason?.toLowerCase(),
        ...usageAttributes(this.#usage),
      }),
    };
    for (const [position, candidate] of (response.candidates ?? []).entries()) {
      this.#addCandidate(candidate.index ?? position, candidate);
    }
    return this.#attributes;
  }

  /** What is known of it when no more will come. */
  attributes(): Attributes {
    const reasons = [...this.#finishReasons.values()];
    return {
      ...this.#attributes,
      ...(reasons.length > 0 && { [genAi.RESPONSE_FINISH_REASONS]: reasons }),
      ...this.#content?.outputAttributes(reasons),
    };
  }

  #addCandidate(index: number, { finishReason, content }: Candidate): void {
    const reason = finishReason?.toLowerCase() ?? this.#finishReasons.get(index);
    this.#finishReasons.set(index, reason ?? UNFINISHED);
    this.#content?.addOutput(index, content?.parts ?? []);
  }
}

/** Vertex AI alone counts the tokens of embeddings, for each content apart. */
export function embeddingResponseAttributes({ embeddings = [] }: EmbedContentResponse): Attributes {
  const counts = embeddings.flatMap(({ statistics }) => statistics?.tokenCount ?? []);
  return { [genAi.USAGE_INPUT_TOKENS]: sum(...counts) };
}

/** Thoughts are output, results of tools are input: so the two add up to Gemini's `totalTokenCount`. */
function usageAttributes(usage: GenerateContentResponseUsageMetadata): Attributes {
  return {
    [genAi.USAGE_INPUT_TOKENS]: sum(usage.promptTokenCount, usage.toolUsePromptTokenCount),
    [genAi.USAGE_OUTPUT_TOKENS]: sum(usage.candidatesTokenCount, usage.thoughtsTokenCount),
    [genAi.USAGE_REASONING_OUTPUT_TOKENS]: usage.thoughtsTokenCount,
    [genAi.USAGE_CACHE_READ_INPUT_TOKENS]: usage.cachedContentTokenCount,
  };
}

/** Undefined when there is nothing to add up: not known is not zero. */
function sum(...counts: (number | undefined)[]): number | undefined {
  const told = counts.filter((count) => count !== undefined);
  return told.length === 0 ? undefined : told.reduce((total, count) => total + count, 0);
}

function known(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}
