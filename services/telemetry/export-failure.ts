import type { LossReason } from './span-losses';

/** What is to be done about a failed export. */
export type FailureKind = 'transient' | 'invalid' | 'permission' | 'other';

/** By status code: gRPC's (google.rpc.Code) are below 17, HTTP's above 99. */
const KINDS: ReadonlyMap<number, FailureKind> = new Map([
  [4, 'transient'], // DEADLINE_EXCEEDED
  [8, 'transient'], // RESOURCE_EXHAUSTED
  [14, 'transient'], // UNAVAILABLE
  [429, 'transient'],
  [502, 'transient'],
  [503, 'transient'],
  [504, 'transient'],
  [3, 'invalid'], // INVALID_ARGUMENT
  [400, 'invalid'],
  [7, 'permission'], // PERMISSION_DENIED
  [16, 'permission'], // UNAUTHENTICATED
  [401, 'permission'],
  [403, 'permission'],
]);

/** Longest text of a server that is repeated in a log line, in characters. */
const MAX_TEXT = 300;

/** Spans that were not sent because the account may not write them; the log has said so once already. */
export class PermissionDeniedError extends Error {
  override readonly name = 'PermissionDeniedError';
}

/** Both Google's exporter and the OTLP exporter pass on an error whose `code` is the status. */
export function failureKind(error: Error | undefined): FailureKind {
  if (error instanceof PermissionDeniedError) return 'permission';
  const code = error && 'code' in error ? error.code : undefined;
  return (typeof code === 'number' ? KINDS.get(code) : undefined) ?? 'other';
}

/** Under which reason the spans of a failed export are counted. */
export function lossReason(error: Error | undefined): LossReason {
  const kind = failureKind(error);
  if (kind === 'permission') return 'permission denied';
  return kind === 'invalid' ? 'refused as invalid' : 'export failed';
}

/**
 * How long the server asks to be left alone, in milliseconds: the trailer of gRPC's retry throttling (gRFC A6) or HTTP's
 * header, which some proxies put on gRPC answers.
 */
export function retryAfterMs(error: Error | undefined): number | undefined {
  const metadata = error && 'metadata' in error ? error.metadata : undefined;
  return number(metadata, 'grpc-retry-pushback-ms', 1) ?? number(metadata, 'retry-after', 1_000);
}

/** What the server says about a refusal: the text of a gRPC status, or the readable part of an HTTP answer. */
export function serverText(error: Error): string {
  const text = 'details' in error ? error.details : 'data' in error ? error.data : undefined;
  // OTLP answers a google.rpc.Status in protobuf: its message is the longest run of printable text.
  const runs = typeof text === 'string' ? text.split(/\p{C}+/u) : [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  return (longest || error.message).slice(0, MAX_TEXT);
}

function number(metadata: unknown, key: string, unitMs: number): number | undefined {
  if (!hasGet(metadata)) return undefined;
  const [value] = metadata.get(key);
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) * unitMs : undefined;
}

/** grpc-js' Metadata, which this package does not depend on. */
function hasGet(metadata: unknown): metadata is { get(key: string): readonly unknown[] } {
  return (
    typeof metadata === 'object' &&
    metadata !== null &&
    'get' in metadata &&
    typeof metadata.get === 'function'
  );
}
