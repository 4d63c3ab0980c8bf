import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { LineSplitter } from './line-splitter';
import { killGroup, type ProcessRecord } from './process-record';

export type OutputStream = 'stdout' | 'stderr';

export interface ContainerProcessOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly processes: ProcessRecord;
  onLine(stream: OutputStream, text: string): void;
}

/** From SIGTERM to SIGKILL (cloud.google.com/run/docs/container-contract#instance-shutdown). */
const SHUTDOWN_GRACE_MS = 10_000;

/** How much of its output a process keeps for whoever has to explain its end. */
const KEPT_LINES = 20;

/** A process that leads a group of its own, so that the terminal's Ctrl-C misses it and its children end with it. */
export class ContainerProcess {
  /** Resolves with how it ended, such as `called exit(1)`, when it is gone and all its output was read. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #lastLines: string[] = [];

  constructor(options: ContainerProcessOptions) {
    const child = spawn(options.file, options.args, {
      cwd: options.directory,
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    if (child.pid !== undefined) options.processes.add(child.pid);
    this.#readLines(child.stdout, (line) => options.onLine('stdout', line));
    this.#readLines(child.stderr, (line) => options.onLine('stderr', line));
    this.ended = new Promise((resolve) => {
      let how = '';
      child.on('error', (error) => {
        how = `could not be run: ${error.message}`;
      });
      // Its children hold its output open and have no one to serve any more.
      child.on('exit', () => this.#signalGroup('SIGKILL'));
      child.on('close', (code, signal) => {
        if (child.pid !== undefined) options.processes.remove(child.pid);
        resolve(how || (signal === null ? `called exit(${code})` : `was terminated by ${signal}`));
      });
    });
  }

  /** The newest lines of its output. */
  get lastLines(): readonly string[] {
    return this.#lastLines;
  }

  /** Takes the CPU away from it and its children; `resume` gives it back. */
  pause(): void {
    this.#signalGroup('SIGSTOP');
  }

  resume(): void {
    this.#signalGroup('SIGCONT');
  }

  /** SIGTERM, then SIGKILL after 10 s. Resolves when it is gone, with whether it had to be killed. */
  async terminate(): Promise<boolean> {
    // Cloud Run signals the container's first process only.
    this.#child.kill('SIGTERM');
    const ended = new AbortController();
    const late = delay(SHUTDOWN_GRACE_MS, true, { signal: ended.signal }).catch(() => false);
    const isLate = await Promise.race([late, this.ended.then(() => false)]);
    ended.abort();
    if (isLate) await this.kill();
    return isLate;
  }

  async kill(): Promise<void> {
    this.#signalGroup('SIGKILL');
    await this.ended;
  }

  #signalGroup(signal: NodeJS.Signals): void {
    if (this.#child.pid !== undefined) killGroup(this.#child.pid, signal);
  }

  #readLines(output: Readable, onLine: (line: string) => void): void {
    const splitter = new LineSplitter((line) => {
      this.#lastLines.push(line);
      if (this.#lastLines.length > KEPT_LINES) this.#lastLines.shift();
      onLine(line);
    });
    output.on('data', (chunk: Buffer) => splitter.write(chunk));
    output.on('end', () => splitter.end());
  }
}
