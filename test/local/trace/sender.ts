import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';

export const PROJECT = 'local-test';

/** A certificate for localhost that is its own authority; `file` holds it in PEM. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
  readonly file: string;
  dispose(): Promise<void>;
}

export async function createCertificate(): Promise<TestCertificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  });
  const directory = await mkdtemp(join(tmpdir(), 'trace-test-'));
  const file = join(directory, 'ca.pem');
  await writeFile(file, cert);
  return { cert, key, file, dispose: () => rm(directory, { recursive: true, force: true }) };
}

/** What google-auth-library asks a metadata server for; every access token is `token`. */
export async function startMetadata(token: string): Promise<{ host: string; dispose(): Promise<void> }> {
  const server = createServer((request, response) => {
    response.setHeader('metadata-flavor', 'Google');
    if (request.url?.includes('/project/project-id')) response.end(PROJECT);
    else if (request.url?.includes('/token')) {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ access_token: token, expires_in: 3600, token_type: 'Bearer' }));
    } else response.end('{}');
  });
  const port = await listen(server);
  return {
    host: `127.0.0.1:${port}`,
    dispose: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('the server does not listen on a port');
  return address.port;
}

/** Runs send-spans.ts to its end and returns what it wrote to stderr. */
export async function sendSpans(args: readonly string[], env: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', require.resolve('./send-spans'), ...args],
      {
        env: {
          PATH: process.env['PATH'],
          HOME: tmpdir(),
          OTEL_SERVICE_NAME: 'gateway',
          OTEL_METRICS_EXPORTER: 'none',
          OTEL_LOGS_EXPORTER: 'none',
          OTEL_NODE_RESOURCE_DETECTORS: 'env',
          OTEL_LOG_LEVEL: 'error',
          ...env,
        },
        timeout: 60_000,
      },
      (error, stdout, stderr) => (error ? reject(error) : resolve(stdout + stderr)),
    );
  });
}
