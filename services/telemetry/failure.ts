import { types } from 'node:util';
import type { Exception, Span } from '@opentelemetry/api';
import { SpanStatusCode } from './api';
import { ATTR_ERROR_TYPE, DEADLINE_EXCEEDED } from './attributes';
import { messageOf, stackOf, withoutUrlSecrets } from './error-text';

/** Longest chain of causes that is looked at; chains can be circular. */
const MAX_CAUSES = 8;

/** Longest message kept on a span, in characters: Cloud Trace's limit for text is 256 bytes. */
const MAX_MESSAGE_LENGTH = 256;

/** What `error.type` says of work that was not done in time. */
const DEADLINE = 'deadline_exceeded';

/** True for errors of any realm and for DOMExceptions, such as the reason of an aborted signal. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value) || value instanceof DOMException;
}

/** The error and what caused it, outermost first. */
export function causeChain(error: Error): Error[] {
  const chain: Error[] = [];
  for (let current: Error | undefined = error; current && chain.length < MAX_CAUSES;) {
    chain.push(current);
    current = causeOf(current);
  }
  return chain;
}

/** Errors are whatever was thrown: their cause may be a getter that throws. */
function causeOf(error: Error): Error | undefined {
  try {
    const { cause } = error;
    return isError(cause) ? cause : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The value of `error.type` for a failed operation: `deadline_exceeded`, `timeout`, `aborted`, the status code of a
 * failed response ("503"), the code of a connection error ("ECONNREFUSED"), or the error's name. Causes are looked at as
 * well, because `TypeError: fetch failed` says nothing.
 */
export function errorType(error: unknown): string {
  const chain = isError(error) ? causeChain(error) : [];
  for (const link of chain) {
    const type = ownType(link);
    if (type !== undefined) return type;
  }
  return chain.at(-1)?.name ?? '_OTHER';
}

/** Marks a span as failed: `error.type`, status ERROR and, where that is the reason, the exceeded deadline. */
export function recordFailure(span: Span, error: unknown): void {
  const type = errorType(error);
  span.setAttribute(ATTR_ERROR_TYPE, type);
  if (type === DEADLINE) span.setAttribute(DEADLINE_EXCEEDED, true);
  const message = isError(error)
    ? messageOf(causeChain(error).at(-1) ?? error)
    : withoutUrlSecrets(String(error));
  span.setStatus({ code: SpanStatusCode.ERROR, message: message.slice(0, MAX_MESSAGE_LENGTH) });
}

/** An error as a span may record it, for `recordException`: without what its message must not tell. */
export function toException(error: Error): Exception {
  const code = 'code' in error ? error.code : undefined;
  const text = { name: error.name, message: messageOf(error), stack: stackOf(error) };
  return typeof code === 'string' || typeof code === 'number' ? { ...text, code } : text;
}

function ownType(error: Error): string | undefined {
  if (error.name === 'DeadlineExceededError') return DEADLINE;
  if (error.name === 'TimeoutError') return 'timeout';
  if (error.name === 'AbortError' || error.name === 'CallerGoneError') return 'aborted';
  // A DOMException's code is a number of no meaning (23 for a timeout); Google's clients put the HTTP status there.
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && code !== '') return code;
  return typeof code === 'number' && code >= 400 && code <= 599 ? String(code) : undefined;
}
