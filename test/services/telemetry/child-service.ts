import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildSync } from 'esbuild';
import { listenLocally, send } from './http';

/** Where the bundle, which is made outside of the project, finds what is not in it. */
const MODULES = join(__dirname, '../../../node_modules');

/** Cloud Run's grace: after SIGTERM a container is killed. */
const GRACE_MS = 10_000;

/** Bundles the fixture as services are shipped: one CommonJS file. Returns its path. */
export function bundleService(): string {
  const directory = mkdtempSync(join(tmpdir(), 'telemetry-'));
  const outfile = join(directory, 'main.js');
  symlinkSync(MODULES, join(directory, 'node_modules'));
  buildSync({
    entryPoints: [join(__dirname, 'fixtures/service.ts')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minify: true,
    // Few tests need it, and it would delay every start.
    external: ['@google/genai'],
    outfile,
    logLevel: 'error',
  });
  return outfile;
}

/** A service in a process of its own, watched through its output, its exit and its messages. */
export class ChildService {
  readonly #child: ChildProcess;
  readonly #lines: Record<string, unknown>[] = [];
  readonly #exited: Promise<unknown[]>;
  #rest = '';
  #errors = '';
  url = '';

  private constructor(bundle: string, env: Record<string, string>) {
    this.#child = fork(bundle, {
      silent: true,
      execArgv: [],
      env: { PATH: process.env['PATH'], PORT: '0', OTEL_SERVICE_NAME: 'fixture', ...env },
    });
    this.#exited = once(this.#child, 'close');
    // A test that fails leaves its service behind, and must not wait for it: the fixture goes with its parent.
    const { stdout, stderr, channel } = this.#child;
    for (const handle of [this.#child, channel, stdout, stderr]) {
      if (handle instanceof Socket || (handle && 'unref' in handle)) handle.unref();
    }
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#read(chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#errors += chunk.toString();
    });
  }

  /** Starts the service and waits until it listens. */
  static async start(bundle: string, env: Record<string, string> = {}): Promise<ChildService> {
    const service = new ChildService(bundle, env);
    const [message] = await once(service.#child, 'message');
    service.url = `http://127.0.0.1:${message.port}`;
    return service;
  }

  /** Starts a program that knows nothing of this test, and asks `/health` until it answers, as Cloud Run's probe does. */
  static async probe(file: string, env: Record<string, string> = {}): Promise<ChildService> {
    const port = await freePort();
    const service = new ChildService(file, { ...env, PORT: port });
    service.url = `http://127.0.0.1:${port}`;
    let ended = false;
    void service.#exited.then(() => (ended = true));
    for (;;) {
      const answer = await send(`${service.url}/health`).catch(() => undefined);
      if (answer?.status === 200) return service;
      if (ended) throw new Error(`the service ended before it answered: ${service.stderr}`);
      await sleep(10);
    }
  }

  get lines(): readonly Record<string, unknown>[] {
    return this.#lines;
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('the process was not started');
    return pid;
  }

  /** The lines since the start or the last call, which are not kept. */
  takeLines(): Record<string, unknown>[] {
    return this.#lines.splice(0);
  }

  get stderr(): string {
    return this.#errors;
  }

  get messages(): unknown[] {
    return this.#lines.map(({ message }) => message);
  }

  tell(message: string): void {
    this.#child.send(message);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits until `count` gated requests have begun, from this call on. */
  async begun(count: number): Promise<void> {
    let seen = 0;
    await new Promise<void>((resolve) => {
      this.#child.on('message', () => {
        seen += 1;
        if (seen === count) resolve();
      });
    });
  }

  /** Waits for a log line whose message contains `text`. */
  async line(text: string): Promise<void> {
    while (!this.messages.some((message) => String(message).includes(text))) {
      if (!this.#child.stdout) throw new Error('no output');
      await once(this.#child.stdout, 'data');
    }
  }

  /** Waits for the end as Cloud Run does: killed after its grace. */
  async exit(): Promise<{ code: unknown; signal: unknown }> {
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), GRACE_MS);
    const [code, signal] = await this.#exited;
    clearTimeout(killer);
    return { code, signal };
  }

  #read(text: string): void {
    const parts = `${this.#rest}${text}`.split('\n');
    this.#rest = parts.pop() ?? '';
    for (const part of parts) this.#lines.push(JSON.parse(part));
  }
}

async function freePort(): Promise<string> {
  const server = createServer();
  const { port } = new URL(await listenLocally(server));
  await new Promise((resolve) => server.close(resolve));
  return port;
}
