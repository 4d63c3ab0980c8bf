/**
 * Everything a caller of the pipeline can be told went wrong, one class per condition. Codes are API; messages are for
 * the person who sent the request and hold nothing internal, which goes to the log as the error's cause.
 */
export abstract class ServiceError extends Error {
  abstract readonly code: string;
  abstract readonly statusCode: number;

  override get name(): string {
    return this.code;
  }
}

export class EmptyDocumentError extends ServiceError {
  readonly code = 'EMPTY_DOCUMENT';
  readonly statusCode = 400;

  constructor() {
    super('The body is empty; send the document as the body.');
  }
}

export class InvalidDocumentIdError extends ServiceError {
  readonly code = 'INVALID_DOCUMENT_ID';
  readonly statusCode = 400;

  constructor() {
    super('The document id is not a UUID; use the id that POST /process answered with.');
  }
}

/** Anything that is not HTTP as this service speaks it. */
export class MalformedRequestError extends ServiceError {
  readonly code = 'MALFORMED_REQUEST';
  readonly statusCode = 400;
}

export class RouteNotFoundError extends ServiceError {
  readonly code = 'ROUTE_NOT_FOUND';
  readonly statusCode = 404;

  constructor() {
    super('There is nothing at this path for this method.');
  }
}

export class DocumentNotFoundError extends ServiceError {
  readonly code = 'DOCUMENT_NOT_FOUND';
  readonly statusCode = 404;

  constructor(id: string) {
    super(`There is no document ${id}.`);
  }
}

export class DocumentExistsError extends ServiceError {
  readonly code = 'DOCUMENT_EXISTS';
  readonly statusCode = 409;

  constructor(id: string) {
    super(`Document ${id} exists already and is never overwritten.`);
  }
}

export class DocumentTooLargeError extends ServiceError {
  readonly code = 'DOCUMENT_TOO_LARGE';
  readonly statusCode = 413;

  constructor(limitBytes: number) {
    super(`The document is larger than ${limitBytes} bytes.`);
  }
}

export class UnsupportedContentTypeError extends ServiceError {
  readonly code = 'UNSUPPORTED_CONTENT_TYPE';
  readonly statusCode = 415;

  constructor(got: string | undefined, allowed: readonly string[]) {
    const what = got === undefined ? 'The request has no Content-Type' : 'The Content-Type is not supported';
    super(`${what}; allowed are ${allowed.join(', ')}, with a charset of the Encoding standard if any.`);
  }
}

export class CorruptDocumentError extends ServiceError {
  readonly code = 'CORRUPT_DOCUMENT';
  readonly statusCode = 422;

  constructor(cause: unknown) {
    super('The document cannot be read as its Content-Type says; it may be damaged.', { cause });
  }
}

export class EncryptedDocumentError extends ServiceError {
  readonly code = 'ENCRYPTED_DOCUMENT';
  readonly statusCode = 422;

  constructor() {
    super('The document is protected by a password; send it without.');
  }
}

export class InternalError extends ServiceError {
  readonly code = 'INTERNAL';
  readonly statusCode = 500;

  constructor(cause: unknown) {
    super('Something went wrong; the trace id leads to the reason.', { cause });
  }
}

/** A service of the pipeline gave no answer. */
export class ServiceUnavailableError extends ServiceError {
  readonly code = 'SERVICE_UNAVAILABLE';
  readonly statusCode = 502;

  constructor(cause: unknown) {
    super('A service this request needs gave no answer; try again later.', { cause });
  }
}

/** A service of the pipeline answered, but not with what was asked for. */
export class ServiceFailedError extends ServiceError {
  readonly code = 'SERVICE_FAILED';
  readonly statusCode = 502;

  constructor(callee: string, statusCode: number, hint = '') {
    super('A service this request needs has failed; the trace id leads to the reason.', {
      cause: new Error(`${callee} answered ${statusCode}${hint}`),
    });
  }
}

export class BucketForbiddenError extends ServiceError {
  readonly code = 'BUCKET_FORBIDDEN';
  readonly statusCode = 502;

  /** @param permission that the service's account lacks, such as `storage.objects.create`. */
  constructor(bucket: string, permission: string, cause: unknown) {
    super('The document store refused access; the trace id leads to the reason.', {
      cause: new Error(
        `bucket ${bucket} refused this service's account: it lacks ${permission}, which roles/storage.objectUser on the bucket grants`,
        { cause },
      ),
    });
  }
}

export class BucketUnavailableError extends ServiceError {
  readonly code = 'BUCKET_UNAVAILABLE';
  readonly statusCode = 502;

  constructor(bucket: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super('The document store gave no usable answer; try again later.', {
      cause: new Error(`bucket ${bucket}: ${reason}`, { cause }),
    });
  }
}

/** The request's deadline passed before its work was done. */
export class DeadlinePassedError extends ServiceError {
  readonly code = 'DEADLINE_EXCEEDED';
  readonly statusCode = 504;

  constructor(cause: unknown) {
    super('The request was not done in time; the trace id leads to what took so long.', { cause });
  }
}

/** Who sent the request has closed the connection: nobody receives this, it stands in the log. */
export class CallerLeftError extends ServiceError {
  readonly code = 'CALLER_GONE';
  readonly statusCode = 499;

  constructor(cause: unknown) {
    super('The connection was closed before the answer was complete.', { cause });
  }
}

/** What another service of the pipeline said about the document, handed on as it was said. */
export class PassedOnError extends ServiceError {
  readonly code: string;
  readonly statusCode: number;

  constructor(statusCode: number, code: string, message: string) {
    super(message);
    this.statusCode = statusCode;
    this.code = code;
  }
}
