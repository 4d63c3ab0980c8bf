import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readlinkSync, watch } from 'node:fs';
import { copyFile, cp, link, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const PARTS = [
  'cdktf.json',
  'constructs',
  'local',
  'package-lock.json',
  'package.json',
  'README.md',
  'services',
  'stacks',
  'tsconfig.json',
];

/** A command that runs, and everything it has printed so far. */
export interface RunningCommand {
  readonly child: ChildProcess;
  readonly printed: () => string;
  /** Resolves when the output matches; rejects when the command ends before. */
  readonly until: (pattern: RegExp) => Promise<void>;
  readonly ended: Promise<{ exitCode: number | null; text: string }>;
}

/** This project in a directory of its own, as a clone would be, with the packages of this one. */
export class ProjectCopy {
  readonly #running: ChildProcess[] = [];

  static async make(): Promise<ProjectCopy> {
    const directory = await copyParts();
    await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
    return new ProjectCopy(directory);
  }

  /** As after `npm install` there: packages are found where the copy is, not where they came from. */
  static async makeInstalled(): Promise<ProjectCopy> {
    const directory = await copyParts();
    await linkFiles(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
    return new ProjectCopy(directory);
  }

  private constructor(readonly directory: string) {}

  /** Starts `npm ARGS` in a process group of its own, as a terminal does. */
  npm(...args: string[]): RunningCommand {
    const child = spawn('npm', args, {
      cwd: this.directory,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running.push(child);
    let text = '';
    const listeners = new Set<() => void>();
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        for (const listener of listeners) listener();
      });
    }
    const ended = new Promise<{ exitCode: number | null; text: string }>((resolve) => {
      child.on('close', (exitCode) => resolve({ exitCode, text }));
    });
    const until = async (pattern: RegExp): Promise<void> =>
      await new Promise((resolve, reject) => {
        const look = (): void => {
          if (!pattern.test(text)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
        void ended.then(() => reject(new Error(`it ended before it printed ${String(pattern)}:\n${text}`)));
      });
    return { child, printed: () => text, until, ended };
  }

  /** Sends a signal to a command and all its children, as Ctrl-C in its terminal would. */
  signal({ child }: RunningCommand, name: NodeJS.Signals): void {
    if (child.pid !== undefined) process.kill(-child.pid, name);
  }

  path(...names: string[]): string {
    return join(this.directory, ...names);
  }

  /** Resolves when a file below the directory has text that matches. */
  async untilFile(name: string, pattern: RegExp): Promise<void> {
    const matches = async (): Promise<boolean> =>
      existsSync(this.path(name)) && pattern.test(await readFile(this.path(name), 'utf8'));
    const changes = watch(this.directory, { recursive: true });
    try {
      while (!(await matches())) await new Promise((resolve) => changes.once('change', resolve));
    } finally {
      changes.close();
    }
  }

  /** Pids and command lines of processes that belong to this copy: npm, the local cloud, Terraform, containers. */
  processes(): string[] {
    return processesIn(this.directory);
  }

  async dispose(): Promise<void> {
    for (const child of this.#running) {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) continue;
      process.kill(-child.pid, 'SIGKILL');
    }
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Pids and command lines of processes that name the directory, or work in it. */
export function processesIn(directory: string): string[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .filter((line) => line.includes(directory) || worksIn(directory, line.trim().split(' ')[0] ?? ''));
}

function worksIn(directory: string, pid: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(directory);
  } catch {
    // It has ended, or is somebody else's.
    return false;
  }
}

async function copyParts(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'clone-'));
  for (const part of PARTS) await cp(join(ROOT, part), join(directory, part), { recursive: true });
  return directory;
}

/** Makes the tree again out of the same files, but for what starts with a dot: programs, caches. */
async function linkFiles(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory() && !entry.name.startsWith('.')) await linkFiles(source, target);
    // Temporary files may be on another disk, which has no links to this one.
    else if (entry.isFile()) await link(source, target).catch(() => copyFile(source, target));
  }
}
