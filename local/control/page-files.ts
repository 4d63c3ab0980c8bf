import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { transform } from 'esbuild';
import { sourceFile } from '../source-file';

/**
 * What follows is a file below `local/`: a style sheet of the page, or a module without its extension, as imports name it.
 * The page shares modules with the command line; none of them is a secret.
 */
export const FILES_PATH = '/files/';

const TRANSFORM = { loader: 'ts', target: 'es2022' } as const;

/** The page is made of its own files and speaks to its own server; text from a trace can become neither code nor markup. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/** Answers with the page itself. */
export function sendPage(response: ServerResponse): void {
  send(response, 'text/html', readFileSync(sourceFile('page', 'index.html'), 'utf8'));
}

/** Answers with a style sheet, or with a module without its types, and returns whether there is one of that name. */
export async function sendFile(response: ServerResponse, name: string): Promise<boolean> {
  if (!/^[a-z-]+(?:\/[a-z-]+)*(?:\.css)?$/.test(name)) return false;
  const isStyle = name.endsWith('.css');
  const file = sourceFile(isStyle ? name : `${name}.ts`);
  const source = readIfPresent(file);
  if (source === undefined) return false;
  if (isStyle) send(response, 'text/css', source);
  else send(response, 'text/javascript', (await transform(source, TRANSFORM)).code);
  return true;
}

function send(response: ServerResponse, type: string, body: string): void {
  response
    .writeHead(200, {
      'content-type': `${type}; charset=utf-8`,
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      // Each start of the cloud may serve another version at the same address.
      'cache-control': 'no-store',
    })
    .end(body);
}

function readIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
