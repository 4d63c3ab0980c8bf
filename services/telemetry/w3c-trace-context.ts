import type { SpanContext } from '@opentelemetry/api';
import { TraceFlags } from './api';

/** Flag of level 2: the right-most 56 bits of the trace id are random. OpenTelemetry's API does not have it yet. */
export const RANDOM_FLAG = 2;

const KNOWN_FLAGS = TraceFlags.SAMPLED | RANDOM_FLAG;

/** The fields that every version begins with; `ff` and ids of zeros are forbidden. */
const FIELDS = /^[ \t]*(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})/;

/**
 * Reads a `traceparent` value by W3C Trace Context level 2, section 3.2. A version above 00 may have further fields, which
 * are not looked at. A comma means that the header came more than once, which is never valid.
 *
 * @returns the remote span context, its flags reduced to the known ones, or undefined for anything that is not well-formed.
 */
export function parseTraceparent(value: string): SpanContext | undefined {
  const [fields, version, traceId, spanId, flags] = FIELDS.exec(value) ?? [];
  if (fields === undefined || traceId === undefined || spanId === undefined) return undefined;
  const rest = value.slice(fields.length);
  const complete = /^[ \t]*$/.test(rest);
  const continued = version !== '00' && rest.startsWith('-') && !rest.includes(',');
  if (!complete && !continued) return undefined;
  return { traceId, spanId, traceFlags: Number(`0x${flags}`) & KNOWN_FLAGS, isRemote: true };
}

/** Writes a `traceparent` value of version 00. Flags other than the known ones are sent as zeros. */
export function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-0${traceFlags & KNOWN_FLAGS}`;
}
