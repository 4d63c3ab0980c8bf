/** Cloud Storage's errors as Terraform shows them. */

import { StorageError } from '../../storage/storage-error';
import { ResourceError } from '../resource-type';

/** Runs an operation of the product; its errors become Terraform's, in the words of Google's client. */
export function inGooglesWords<Result>(operation: () => Result): Result {
  try {
    return operation();
  } catch (error) {
    throw toResourceError(error);
  }
}

/** A Cloud Storage error as Google's client puts it; anything else unchanged. */
export function toResourceError(error: unknown): unknown {
  if (!(error instanceof StorageError)) return error;
  return new ResourceError(`googleapi: Error ${error.status}: ${error.message}, ${error.reason}`, {
    cause: error,
  });
}
