import type { IncomingMessage } from 'node:http';

/** Names by which a program on this machine reaches 127.0.0.1. */
const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Why a request must not be answered, or undefined. Any web page may send requests to 127.0.0.1: one whose name was
 * pointed here after it was loaded has that name in `Host`, and one that writes has its own address in `Origin`.
 */
export function refusalOf(request: IncomingMessage): string | undefined {
  const { host, origin } = request.headers;
  const address = parseUrl(`http://${host ?? ''}`);
  if (!host || !address || !LOOPBACK_NAMES.has(address.hostname)) {
    return `host '${host ?? ''}' is not this machine; use 127.0.0.1 or localhost`;
  }
  const reads = request.method === 'GET' || request.method === 'HEAD';
  if (!reads && origin !== undefined && origin !== address.origin) {
    return `a page of '${origin}' may not change the local cloud`;
  }
  return undefined;
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
