import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Variant } from './variants';

/** Longest time until the first answer, in milliseconds. */
const START_TIMEOUT_MS = 30_000;

/** Lets the process collect its garbage when it is told to. */
const COLLECT_GARBAGE = join(__dirname, 'collect-garbage.cjs');

/** What `process.cpuUsage()` would say, in clock ticks of the kernel: 100 a second on every Linux that runs Node.js. */
const TICK_US = 10_000;

/** One process of a variant, on a port of its own of this machine. */
export class AppProcess {
  readonly port: number;
  /** From the start of the process to its first 200, in milliseconds. */
  readonly startMs: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number, startMs: number) {
    this.#child = child;
    this.port = port;
    this.startMs = startMs;
  }

  /**
   * Starts the variant and waits for its first 200.
   *
   * @param canCollect whether `collectGarbage` will be called; it takes some code that is loaded before the application's.
   * @throws with the process's last words when there is none.
   */
  static async start(
    { program, nodeOptions, env }: Variant,
    more: Readonly<Record<string, string>>,
    canCollect: boolean,
  ): Promise<AppProcess> {
    const port = await freePort();
    const args = [...(canCollect ? ['--require', COLLECT_GARBAGE] : []), ...nodeOptions, program];
    const startedAt = performance.now();
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env['PATH'], NODE_ENV: 'production', PORT: String(port), ...more, ...env },
      stdio: ['ignore', 'ignore', 'pipe', ...(canCollect ? ['ipc' as const] : [])],
    });
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => (stderr = `${stderr}${chunk.toString()}`.slice(-2_000)));
    while (!(await answers(port))) {
      const late = performance.now() - startedAt > START_TIMEOUT_MS;
      if (late) child.kill('SIGKILL');
      if (late || child.exitCode !== null) throw new Error(`${args.join(' ')} does not answer: ${stderr}`);
      await sleep(1);
    }
    return new AppProcess(child, port, performance.now() - startedAt);
  }

  /** CPU time of all its threads so far, in microseconds. */
  get cpuUs(): number {
    // The second field is the name in parentheses, which may hold anything; user and system time are 14th and 15th.
    const fields = this.#read('stat')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_US;
  }

  /** Resident memory, in MB. */
  get rssMB(): number {
    return (Number(/^VmRSS:\s+([0-9]+) kB$/m.exec(this.#read('status'))?.[1]) * 1_024) / 1e6;
  }

  async collectGarbage(): Promise<void> {
    this.#child.send('collect');
    const [answer] = await once(this.#child, 'message');
    if ('failed' in answer) throw new Error(`no garbage was collected: ${answer.failed}`);
  }

  async end(): Promise<void> {
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await closed;
  }

  #read(file: string): string {
    return readFileSync(`/proc/${this.#child.pid}/${file}`, 'utf8');
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ port, host: '127.0.0.1', agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode === 200));
    });
    asked.on('error', () => resolve(false));
    asked.end();
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
