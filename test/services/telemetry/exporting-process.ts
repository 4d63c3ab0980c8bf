import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

/** What a process does: spans that end in one turn of the event loop, once per round, and a flush after each round. */
export interface Work {
  readonly env: Record<string, string>;
  /** Spans per round. @default - one round of one span */
  readonly rounds?: readonly number[];
  readonly attributes?: Record<string, unknown>;
}

export interface Outcome {
  /** Messages of its log, in order. */
  readonly messages: readonly string[];
  readonly stderr: string;
  readonly code: unknown;
}

const SOURCE = `
  import { context, trace } from '@opentelemetry/api';
  import { startTelemetry } from './start-telemetry';
  const { rounds, attributes } = JSON.parse(process.env.WORK);
  const telemetry = startTelemetry();
  (async () => {
    for (const count of rounds) {
      for (let i = 0; i < count; i += 1) trace.getTracer('test').startSpan('work', { attributes }).end();
      await trace.getTracerProvider().getDelegate().forceFlush().catch(() => {});
    }
    await telemetry.shutdown();
    process.exitCode = 0;
  })();
  process.exitCode = 99;
`;

let bundle: string | undefined;

/** Runs a process that exports spans and stops, to its end. */
export async function exportSpans({ env, rounds = [1], attributes = {} }: Work): Promise<Outcome> {
  bundle ??= build();
  const child = spawn(process.execPath, [bundle], {
    env: {
      PATH: process.env['PATH'],
      HOME: tmpdir(),
      OTEL_SERVICE_NAME: 'exporting',
      GOOGLE_CLOUD_PROJECT: 'p-1',
      WORK: JSON.stringify({ rounds, attributes }),
      ...env,
    },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = await once(child, 'close');
  const lines = stdout.split('\n').filter(Boolean);
  return { messages: lines.map((line): string => JSON.parse(line).message), stderr, code };
}

/** As services are shipped: one CommonJS file. */
function build(): string {
  const outfile = join(mkdtempSync(join(tmpdir(), 'telemetry-')), 'main.js');
  buildSync({
    stdin: { contents: SOURCE, resolveDir: join(__dirname, '../../../services/telemetry'), loader: 'js' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minify: true,
    keepNames: true,
    outfile,
    logLevel: 'error',
  });
  return outfile;
}
