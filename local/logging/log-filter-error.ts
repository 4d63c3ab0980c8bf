/** A filter or an extractor, or a part of one, that the local cloud does not evaluate. */
export class LogFilterError extends Error {
  override readonly name = 'LogFilterError';
}
