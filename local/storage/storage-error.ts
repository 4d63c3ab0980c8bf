/** Where in a request the fault is, as Google's error bodies name it. */
interface ErrorLocation {
  readonly locationType: 'header' | 'parameter';
  readonly location: string;
}

/** An answer of Cloud Storage that is not a success, in Google's words. */
export class StorageError extends Error {
  override readonly name = 'StorageError';

  /**
   * @param status HTTP status.
   * @param reason Google's word for it, such as `notFound`.
   */
  constructor(
    readonly status: number,
    readonly reason: string,
    message: string,
    readonly at?: ErrorLocation,
  ) {
    super(message);
  }

  /** The body of the answer, in the JSON API's shape. */
  toJSON(): unknown {
    const detail = { message: this.message, domain: 'global', reason: this.reason, ...this.at };
    return { error: { code: this.status, message: this.message, errors: [detail] } };
  }
}

export function bucketNotFound(): StorageError {
  return new StorageError(404, 'notFound', 'The specified bucket does not exist.');
}

export function objectNotFound(bucket: string, object: string): StorageError {
  return new StorageError(404, 'notFound', `No such object: ${bucket}/${object}`);
}

export function invalid(message: string): StorageError {
  return new StorageError(400, 'invalid', message);
}

/** Something Google has and the local cloud does not. */
export function notModelled(what: string): StorageError {
  return new StorageError(501, 'notImplemented', `The local cloud does not model ${what} of Cloud Storage.`);
}
