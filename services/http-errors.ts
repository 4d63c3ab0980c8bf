import { trace } from '@opentelemetry/api';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  CallerLeftError,
  DeadlinePassedError,
  DocumentTooLargeError,
  InternalError,
  MalformedRequestError,
  RouteNotFoundError,
  ServiceError,
  ServiceUnavailableError,
  UnsupportedContentTypeError,
} from './errors';
import { CalleeUnavailableError, CallerGoneError, DeadlineExceededError, log } from './telemetry';

/** The body of every answer that is not a success. */
interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string };
  /** Absent only where telemetry is switched off. */
  readonly traceId: string | undefined;
}

/** Trace id of the current request, in hex; undefined where telemetry is switched off. */
export function currentTraceId(): string | undefined {
  return trace.getActiveSpan()?.spanContext().traceId;
}

/**
 * Makes every failure of `app` an answer in JSON with a code and the trace id, and one line in the log: causes and
 * stacks go to the log only.
 *
 * @param contentTypes what the routes of `app` accept as a body, for the answer to anything else.
 */
export function registerErrors(app: FastifyInstance, contentTypes: readonly string[]): void {
  app.setNotFoundHandler(() => {
    throw new RouteNotFoundError();
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const isOfOtherType = error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE';
    const contentType = request.headers['content-type'];
    answerError(
      isOfOtherType ? new UnsupportedContentTypeError(contentType, contentTypes) : error,
      request,
      reply,
    );
  });
}

/** Answers with what is for the caller, and logs the rest. */
export function answerError(
  thrown: FastifyError | ServiceError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const error = toServiceError(thrown, request.routeOptions.bodyLimit);
  const { code, message, statusCode } = error;
  const reason = error.cause instanceof Error ? error.cause : error;
  const line = `${code}: ${reason.message}`;
  if (statusCode >= 500) log.error({ err: reason, code }, line);
  else log.info({ code }, line);
  // Fastify would close the connection in the middle of a body that is too large, and a proxy that is still sending
  // it would see a reset instead of this answer. Node reads what is left and drops it.
  if (error instanceof DocumentTooLargeError) reply.removeHeader('connection');
  const body: ErrorBody = { error: { code, message }, traceId: currentTraceId() };
  void reply.code(statusCode).send(body);
}

function toServiceError(error: FastifyError | ServiceError, bodyLimitBytes: number): ServiceError {
  if (error instanceof ServiceError) return error;
  if (error instanceof DeadlineExceededError) return new DeadlinePassedError(error);
  if (error instanceof CallerGoneError) return new CallerLeftError(error);
  if (error instanceof CalleeUnavailableError) return new ServiceUnavailableError(error);
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new DocumentTooLargeError(bodyLimitBytes);
  const isCallersFault = error.statusCode !== undefined && error.statusCode < 500;
  if (!isCallersFault) return new InternalError(error);
  return new MalformedRequestError('The request is not valid HTTP for this service.', { cause: error });
}
