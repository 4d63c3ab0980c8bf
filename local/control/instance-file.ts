import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from '../user-error';

/** One running local cloud. */
export interface Instance {
  readonly pid: number;
  /** Random; tells this run from another process that got the same pid. */
  readonly startId: string;
  /** Base URL of its control server. */
  readonly url: string;
  /** RFC 3339. */
  readonly startedAt: string;
  /** Absolute path of the project it serves. */
  readonly projectDirectory: string;
}

/** `stale` is what a killed process has left behind. */
export type InstanceState =
  | { readonly state: 'running' | 'stale'; readonly instance: Instance }
  | { readonly state: 'none' };

/** Another local cloud holds the file. */
export class InstanceRunningError extends UserError {
  override readonly name = 'InstanceRunningError';
}

/** How long a control server may take to answer before it counts as busy, which is running. */
const ANSWER_TIMEOUT_MS = 2_000;

/** A takeover lasts microseconds; a lock this old was left by a process that was killed in the middle of one. */
const ABANDONED_LOCK_MS = 5_000;

/**
 * Makes `instance` the one that the file at `path` names. Its control server must answer already: that is how others
 * tell a running instance from a stale one. A stale file is taken over.
 * Throws InstanceRunningError when another instance runs, or has just won the claim.
 */
export async function claimInstance(path: string, instance: Instance): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  // Written beside the file and moved into place whole, so that no reader ever sees a part of it.
  const draft = `${path}.${instance.startId}`;
  writeFileSync(draft, `${JSON.stringify(instance, null, 2)}\n`);
  try {
    for (;;) {
      const found = await readInstance(path);
      if (found.state === 'running') throw alreadyRunning(found.instance);
      if (found.state === 'none' ? claimAbsent(path, draft) : takeOver(path, draft, found.instance)) return;
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Throws InstanceRunningError when an instance runs for the file. */
export async function refuseSecondInstance(path: string): Promise<void> {
  const found = await readInstance(path);
  if (found.state === 'running') throw alreadyRunning(found.instance);
}

/** Removes the file if it still names this instance. */
export function releaseInstance(path: string, instance: Instance): void {
  if (parseInstance(path)?.startId === instance.startId) rmSync(path, { force: true });
}

/** Who holds the file. Throws UserError when there is a file that no local cloud has written. */
export async function readInstance(path: string): Promise<InstanceState> {
  const instance = parseInstance(path);
  if (!instance) return { state: 'none' };
  const running = isAlive(instance.pid) && (await answers(instance));
  return { state: running ? 'running' : 'stale', instance };
}

/**
 * Whether the process that holds the file is gone, whoever answers at its address: a network namespace of its own hides
 * one that runs. Throws UserError when there is a file that no local cloud has written.
 */
export function isLeftBehind(path: string): boolean {
  const instance = parseInstance(path);
  return instance !== undefined && !isAlive(instance.pid);
}

/** Whether the file was absent and is ours now. */
function claimAbsent(path: string, draft: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Whether the stale file was replaced by ours. A lock makes sure that of two who saw the same stale file the second
 * one looks again instead of replacing the first one's.
 */
function takeOver(path: string, draft: string, stale: Instance): boolean {
  const lock = `${path}.lock`;
  try {
    closeSync(openSync(lock, 'wx'));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    const found = statSync(lock, { throwIfNoEntry: false });
    // Its holder has just finished.
    if (!found) return false;
    if (Date.now() - found.mtimeMs < ABANDONED_LOCK_MS) {
      throw new InstanceRunningError(`another local cloud is starting in ${stale.projectDirectory}`, {
        cause: error,
      });
    }
    rmSync(lock, { force: true });
    return false;
  }
  try {
    if (parseInstance(path)?.startId !== stale.startId) return false;
    renameSync(draft, path);
    return true;
  } finally {
    rmSync(lock, { force: true });
  }
}

function parseInstance(path: string): Instance | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const value: Partial<Instance> | null = JSON.parse(text);
    const { pid, startId, url, startedAt = '', projectDirectory = '' } = value ?? {};
    if (Number.isSafeInteger(pid) && pid !== undefined && startId !== undefined && url !== undefined) {
      return { pid, startId, url, startedAt, projectDirectory };
    }
  } catch {
    // Reported below, like JSON of another shape.
  }
  throw new UserError(`${path} is not a file that a local cloud has written; delete it`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

async function answers({ url, pid, startId }: Instance): Promise<boolean> {
  try {
    const response = await fetch(new URL('/status', url), { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    const status: { pid?: unknown; startId?: unknown } | null = JSON.parse(await response.text());
    return status?.pid === pid && status.startId === startId;
  } catch (error) {
    // Nobody listens, or it is no local cloud; but a listener that is only slow may be one.
    return typeof error === 'object' && error !== null && 'name' in error && error.name === 'TimeoutError';
  }
}

function alreadyRunning({ pid, url, projectDirectory }: Instance): InstanceRunningError {
  return new InstanceRunningError(
    `a local cloud is already running for ${projectDirectory}: ${url}, process ${pid}; stop it with: npm run local -- down`,
  );
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
