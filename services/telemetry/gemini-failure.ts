import type { Span } from '@opentelemetry/api';
import { tellInstead } from './error-text';
import { causeChain, errorType, isError, recordFailure } from './failure';

/** What may be told of a failed call of Gemini. */
export interface GeminiFailure {
  /** The value of `error.type`: an HTTP status such as `429`, `deadline_exceeded`, `timeout`, or the error's name. */
  readonly type: string;
  /** Google's word for the status (`RESOURCE_EXHAUSTED`) or the system's message; empty where it could quote content. */
  readonly message: string;
}

/**
 * Describes an error of `@google/genai` without anything a person or a model has said: the API's messages quote the
 * prompt, a JSON parser's quote the answer.
 */
export function describeGeminiFailure(error: unknown): GeminiFailure {
  const status = statusOf(error);
  if (status !== undefined) return { type: String(status), message: statusWord(error) };
  const chain = isError(error) ? causeChain(error) : [];
  // The SDK's own time limit aborts as a caller does, and without a reason.
  if (chain.some(({ name }) => name === 'AbortError')) return { type: 'timeout', message: '' };
  return { type: errorType(error), message: chain.find(mayBeTold)?.message ?? '' };
}

/** Marks the span of a call as failed, and has the error told without content wherever else it is recorded. */
export function recordGeminiFailure(span: Span, error: unknown, aborted: boolean): void {
  if (aborted) {
    // Whoever aborted chose the reason; it says nothing of the conversation.
    recordFailure(span, error);
    return;
  }
  const { type, message } = describeGeminiFailure(error);
  recordFailure(span, Object.assign(new Error(message), { code: type }));
  for (const link of isError(error) ? causeChain(error) : []) {
    if (!mayBeTold(link)) tellInstead(link, `Gemini failed: ${type} ${message}`.trim());
  }
}

/** The SDK's ApiError has the HTTP status in `status`. */
function statusOf(error: unknown): number | undefined {
  const status = isError(error) && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status <= 599 ? status : undefined;
}

/** The canonical status in the API's JSON answer, which is all an ApiError says: only its own words, no message. */
function statusWord(error: unknown): string {
  const message = isError(error) ? error.message : '';
  return /"status":"([A-Z_]{2,40})"/.exec(message)?.[1] ?? '';
}

function mayBeTold(error: Error): boolean {
  return error.name === 'DeadlineExceededError' || hasSystemCode(error);
}

/** Node's own errors, such as `connect ECONNREFUSED 192.0.2.1:443`. */
function hasSystemCode(error: Error): boolean {
  return 'syscall' in error && 'code' in error && typeof error.code === 'string';
}
