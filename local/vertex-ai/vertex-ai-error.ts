/** Names of google.rpc.Code, which Google's APIs give beside the HTTP status. */
export type VertexAiStatus =
  | 'INVALID_ARGUMENT'
  | 'UNAUTHENTICATED'
  | 'PERMISSION_DENIED'
  | 'NOT_FOUND'
  | 'RESOURCE_EXHAUSTED'
  | 'INTERNAL'
  | 'UNIMPLEMENTED'
  | 'UNAVAILABLE'
  | 'DEADLINE_EXCEEDED';

/** Of google.rpc.ErrorInfo: a word for programs, and what it is about. */
interface ErrorInfo {
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** An answer of Vertex AI that is not a success. */
export class VertexAiError extends Error {
  override readonly name = 'VertexAiError';

  /** @param code HTTP status. */
  constructor(
    readonly code: number,
    readonly status: VertexAiStatus,
    message: string,
    readonly info?: ErrorInfo,
  ) {
    super(message);
  }

  /** The body of the answer, in the shape of Google's APIs (google.aip.dev/193). */
  toJSON(): unknown {
    const { code, info, message, status } = this;
    const type = 'type.googleapis.com/google.rpc.ErrorInfo';
    const details = info && [{ '@type': type, domain: 'googleapis.com', ...info }];
    return { error: { code, message, status, ...(details && { details }) } };
  }
}

/** Something Google has and the local cloud does not. */
export function notModelled(what: string): VertexAiError {
  return new VertexAiError(501, 'UNIMPLEMENTED', `The local cloud does not model ${what} of Vertex AI.`);
}

export function invalid(message: string): VertexAiError {
  return new VertexAiError(400, 'INVALID_ARGUMENT', message);
}
