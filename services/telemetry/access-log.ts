import type { SpanContext } from '@opentelemetry/api';
import type { Logger } from 'pino';
import type { LineWriter } from './line-writer';
import { createTimestamp, isPlain, quoted, SEVERITIES, traceMembers } from './log-fields';

/** https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#HttpRequest */
export interface HttpRequest {
  readonly requestMethod: string;
  readonly requestUrl: string;
  readonly status: number;
  readonly requestSize: string | undefined;
  readonly responseSize: string | undefined;
  readonly userAgent: string | undefined;
  readonly remoteIp: string | undefined;
  readonly protocol: string;
  /** In seconds, such as `0.012s`. */
  readonly latency: string;
}

/**
 * Writes one line per request in the shape of the process's logger, and at its level. It is the one line that every request
 * pays for and consists of texts and numbers alone, so that it is written without the logger, which would make it safe.
 */
export class AccessLog {
  readonly #logger: Logger;
  readonly #lines: LineWriter;
  readonly #projectId: string | undefined;
  readonly #timestamp = createTimestamp();

  constructor(logger: Logger, lines: LineWriter, projectId: string | undefined) {
    this.#logger = logger;
    this.#lines = lines;
    this.#projectId = projectId;
  }

  write(httpRequest: HttpRequest, span: SpanContext): void {
    const { requestMethod, requestUrl, status } = httpRequest;
    // The error itself is the application's or the framework's to log; twice would count twice in Error Reporting.
    const level = status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info';
    if (!this.#logger.isLevelEnabled(level)) return;
    const message = quoted(`${requestMethod} ${requestUrl} ${status}`);
    const members = `"httpRequest":${toJson(httpRequest)}${traceMembers(this.#projectId, span)},"message":${message}`;
    const line = `{"severity":"${SEVERITIES[level]}"${this.#timestamp()},${members}}\n`;
    if (level === 'info') this.#lines.writeSoon(line);
    else this.#lines.writeNow(line);
  }
}

/** `JSON.stringify` in half the time where no text has anything to escape. */
function toJson(request: HttpRequest): string {
  const { requestMethod, requestUrl, status, requestSize, responseSize, userAgent, remoteIp, protocol } =
    request;
  const texts = `${requestMethod}${requestUrl}${requestSize}${responseSize}${userAgent}${remoteIp}${protocol}`;
  if (!isPlain(texts)) return JSON.stringify(request);
  const asked = `"requestMethod":"${requestMethod}","requestUrl":"${requestUrl}","status":${status}`;
  const sizes = `${member('requestSize', requestSize)}${member('responseSize', responseSize)}`;
  const client = `${member('userAgent', userAgent)}${member('remoteIp', remoteIp)}`;
  return `{${asked}${sizes}${client},"protocol":"${protocol}","latency":"${request.latency}"}`;
}

/** A member of a JSON object whose text has nothing to escape. */
function member(name: keyof HttpRequest, text: string | undefined): string {
  return text === undefined ? '' : `,"${name}":"${text}"`;
}
