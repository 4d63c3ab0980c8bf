import type { tracing } from '@opentelemetry/sdk-node';
import { SpanKind, SpanStatusCode } from './api';
import { ATTR_HTTP_RESPONSE_STATUS_CODE, DEADLINE_EXCEEDED } from './attributes';

/** Which traces are kept besides those that the ratio keeps. */
export interface KeepRules {
  /** Those that failed, were abandoned by their caller or ran past their deadline. */
  readonly keepErrors: boolean;
  /** Those whose local root took longer than this many milliseconds. */
  readonly keepSlowerThanMs?: number | undefined;
}

/** The name that OpenTelemetry's `recordException` gives its event. */
const EXCEPTION = 'exception';

/** Whether any trace can be kept by these rules. */
export function keepsAny({ keepErrors, keepSlowerThanMs }: KeepRules): boolean {
  return keepErrors || keepSlowerThanMs !== undefined;
}

/**
 * Whether a span that has ended makes its trace worth keeping in this process. These are all the rules:
 *
 * - A span that failed does: its status is ERROR (so also a request that the caller abandoned), it answered 5xx, or an
 *   exception is recorded in it.
 * - Unless it is an outgoing call below the local root, of kind CLIENT or PRODUCER. What a call's failure means is for the
 *   caller to say: it tried again, took a fallback, or had expected a 404. If it could not do without, the span around the
 *   call or the local root has failed as well.
 * - An answer of 4xx is the caller's mistake and no failure of the server.
 * - A span that ran past its deadline does, with the same exception.
 * - A local root that took longer than the threshold does.
 *
 * @param isLocalRoot whether the span's parent is in another process, or absent.
 */
export function isWorthKeeping(span: tracing.ReadableSpan, isLocalRoot: boolean, rules: KeepRules): boolean {
  const { keepErrors, keepSlowerThanMs } = rules;
  if (isLocalRoot && keepSlowerThanMs !== undefined && durationMs(span) > keepSlowerThanMs) return true;
  if (!keepErrors) return false;
  if (!isLocalRoot && isOutgoing(span)) return false;
  return hasFailed(span) || span.attributes[DEADLINE_EXCEEDED] === true;
}

function isOutgoing({ kind }: tracing.ReadableSpan): boolean {
  return kind === SpanKind.CLIENT || kind === SpanKind.PRODUCER;
}

function hasFailed({ status, kind, attributes, events }: tracing.ReadableSpan): boolean {
  if (status.code === SpanStatusCode.ERROR) return true;
  if (kind === SpanKind.SERVER && Number(attributes[ATTR_HTTP_RESPONSE_STATUS_CODE]) >= 500) return true;
  return events.some(({ name }) => name === EXCEPTION);
}

function durationMs({ duration: [seconds, nanoseconds] }: tracing.ReadableSpan): number {
  return seconds * 1_000 + nanoseconds / 1_000_000;
}
