import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { answeredTraceId } from '../trace/trace-context';
import { UserError } from '../user-error';
import type { StackOutputs } from './deploy-stack';

/** What is sent to the deployed system, and where. */
export interface Sending {
  /** The file whose bytes are the body. */
  readonly file: string;
  /** `OUTPUT/PATH`: the stack output that holds a URL, and a path below it, such as `gateway_url/process`. */
  readonly to: string;
}

export interface Answer {
  readonly url: string;
  readonly status: number;
  readonly durationMs: number;
  readonly body: string;
  /** From Cloud Run's response header `X-Cloud-Trace-Context`. */
  readonly traceId: string;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.json': 'application/json',
  '.md': 'text/markdown',
  '.pdf': 'application/pdf',
  '.txt': 'text/plain',
};

/** Posts the file and returns the answer. Throws UserError when the output, the file or the answer is not usable. */
export async function sendDocument(
  sending: Sending,
  outputs: StackOutputs,
  signal: AbortSignal,
): Promise<Answer> {
  const url = targetUrl(sending.to, outputs);
  const contentType = CONTENT_TYPES[extname(sending.file).toLowerCase()] ?? 'application/octet-stream';
  const body = await readFile(sending.file).catch((cause: unknown) => {
    throw new UserError(`--send ${sending.file} cannot be read`, { cause });
  });
  const startedAt = performance.now();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': contentType },
    body,
    signal,
  }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw new UserError(`POST ${url} got no answer`, { cause: error });
  });
  const text = await response.text();
  const durationMs = performance.now() - startedAt;
  const traceId = answeredTraceId(response.headers.get('x-cloud-trace-context'));
  if (!traceId)
    throw new UserError(`POST ${url} answered ${response.status} without X-Cloud-Trace-Context: ${text}`);
  return { url, status: response.status, durationMs, body: text, traceId };
}

function targetUrl(to: string, outputs: StackOutputs): string {
  const [output = '', ...path] = to.split('/');
  const base = outputs[output];
  if (typeof base !== 'string' || !URL.canParse(base)) {
    throw new UserError(
      `--to ${to} names the stack output '${output}', which is no URL; outputs are: ${Object.keys(outputs).join(', ') || 'none'}`,
    );
  }
  return new URL(path.join('/'), `${base}/`).href;
}
