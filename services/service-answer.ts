import { DeadlinePassedError, PassedOnError, ServiceFailedError } from './errors';

/** Codes that mean the same to the first caller as they do to the one who was told. */
const PASSED_ON: readonly string[] = [
  'EMPTY_DOCUMENT',
  'INVALID_DOCUMENT_ID',
  'DOCUMENT_NOT_FOUND',
  'DOCUMENT_EXISTS',
  'DOCUMENT_TOO_LARGE',
  'UNSUPPORTED_CONTENT_TYPE',
  'CORRUPT_DOCUMENT',
  'ENCRYPTED_DOCUMENT',
  'SERVICE_UNAVAILABLE',
  'SERVICE_FAILED',
  'BUCKET_FORBIDDEN',
  'BUCKET_UNAVAILABLE',
];

/**
 * The JSON another service of the pipeline answered with.
 *
 * @param callee its name, for the log.
 * @param isExpected whether a body is what was asked for.
 * @throws PassedOnError when it said what is wrong in a way the caller can use.
 * @throws DeadlinePassedError when it, or Cloud Run in front of it, ran out of time (504).
 * @throws ServiceFailedError for every other answer.
 */
export async function readAnswer<T>(
  callee: string,
  response: Response,
  isExpected: (body: unknown) => body is T,
): Promise<T> {
  const text = await response.text();
  const body = parseJson(text);
  if (response.ok && isExpected(body)) return body;
  const { status } = response;
  if (status === 504) throw new DeadlinePassedError(new Error(`${callee} answered 504`));
  const error = errorIn(body);
  if (error && PASSED_ON.includes(error.code)) throw new PassedOnError(status, error.code, error.message);
  throw new ServiceFailedError(callee, status, hint(status, error?.code ?? text));
}

function hint(status: number, said: string): string {
  if (status === 401 || status === 403) return `: this service's account needs roles/run.invoker on it`;
  return `: ${said.slice(0, 200)}`;
}

function errorIn(body: unknown): { code: string; message: string } | undefined {
  if (typeof body !== 'object' || body === null || !('error' in body)) return undefined;
  const { error } = body;
  if (typeof error !== 'object' || error === null || !('code' in error) || !('message' in error))
    return undefined;
  return { code: String(error.code), message: String(error.message) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
