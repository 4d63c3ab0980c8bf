import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Name of the file, in the directory of Cloud Run. */
export const PROCESS_RECORD = 'instances.json';

interface Entry {
  readonly pid: number;
  /** When the process started; with it, a process that got the same pid later is not taken for ours. */
  readonly startedAt: string;
}

/**
 * The pids of running containers, in a file: a daemon that was killed cannot end its containers, so the next one does.
 * One that exits in any other way, be it by an uncaught error, kills them at once.
 * Written synchronously, so that there is no moment between a start and its record in which other code runs.
 */
export class ProcessRecord {
  readonly #file: string;
  readonly #entries = new Map<number, Entry>();
  /** Containers lead groups of their own, so whatever ends the daemon does not end them. */
  readonly #endAll = (): void => {
    for (const pid of this.#entries.keys()) killGroup(pid, 'SIGKILL');
    rmSync(this.#file, { force: true });
  };

  constructor(file: string) {
    this.#file = file;
    mkdirSync(dirname(file), { recursive: true });
  }

  add(pid: number): void {
    const startedAt = startTimeOf(pid);
    if (startedAt === undefined) return;
    if (this.#entries.size === 0) process.on('exit', this.#endAll);
    this.#entries.set(pid, { pid, startedAt });
    this.#write();
  }

  remove(pid: number): void {
    if (this.#entries.delete(pid)) this.#write();
  }

  #write(): void {
    if (this.#entries.size === 0) {
      process.off('exit', this.#endAll);
      rmSync(this.#file, { force: true });
      return;
    }
    const temporary = `${this.#file}.new`;
    writeFileSync(temporary, JSON.stringify([...this.#entries.values()]));
    renameSync(temporary, this.#file);
  }
}

/**
 * Kills the process groups that the record in `file` lists and that are still the same processes, and removes the file.
 * Returns their pids.
 */
export function endLeftovers(file: string): number[] {
  const ended = readEntries(file).filter(({ pid, startedAt }) => startTimeOf(pid) === startedAt);
  for (const { pid } of ended) killGroup(pid, 'SIGKILL');
  rmSync(file, { force: true });
  return ended.map(({ pid }) => pid);
}

/** Signals a process that leads its own group, and its children. False when it is gone. */
export function killGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    // ESRCH: nothing of the group is left.
    return false;
  }
}

function readEntries(file: string): Entry[] {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(value) ? value.filter(isEntry) : [];
  } catch {
    // No file, or one that was not written by ProcessRecord: there is nobody to end.
    return [];
  }
}

function isEntry(value: unknown): value is Entry {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    Number.isInteger(value.pid) &&
    Number(value.pid) > 1 &&
    'startedAt' in value &&
    typeof value.startedAt === 'string'
  );
}

/** Undefined when there is no such process. */
function startTimeOf(pid: number): string | undefined {
  if (process.platform !== 'linux') {
    const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return stdout?.trim() || undefined;
  }
  try {
    // Field 22 of proc(5), ticks since boot; the second field may hold spaces and ends with the last parenthesis.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(')').at(-1)?.trim().split(' ');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return fields?.[19] === undefined ? undefined : `${boot} ${fields[19]}`;
  } catch {
    // ENOENT: the process is gone.
    return undefined;
  }
}
