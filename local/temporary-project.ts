import { lstatSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cleanup } from './cleanup';
import { isLeftBehind } from './control/instance-file';
import { instanceFile, processRecordFile } from './data-directory';
import { endLeftovers } from './run/process-record';

/** Makes the directory of a project that lasts as long as its local cloud: the cleanup removes it, or the process's end. */
export function temporaryProject(cleanup: Cleanup): string {
  const prefix = `local-cloud-${processNamespace()}-`;
  removeAbandoned(prefix);
  const directory = mkdtempSync(join(tmpdir(), prefix));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  process.once('exit', remove);
  cleanup.defer(() => {
    process.off('exit', remove);
    remove();
  });
  return directory;
}

/** Which processes can be seen from here: where namespaces share temporary files, others look dead that are not. */
function processNamespace(): number {
  // Only Linux has them; pid_namespaces(7): two processes are in the same one if this inode is the same.
  return statSync('/proc/self/ns/pid', { throwIfNoEntry: false })?.ino ?? 0;
}

/** What a killed process has left goes, with its containers: nobody starts a second time in its directory. */
function removeAbandoned(prefix: string): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(prefix))) {
    const project = join(tmpdir(), name);
    if (!isAbandoned(project)) continue;
    endLeftovers(processRecordFile(project));
    rmSync(project, { recursive: true, force: true });
  }
}

function isAbandoned(project: string): boolean {
  try {
    // Others may write there too, and what they write must not say which processes end.
    if (lstatSync(project).uid !== process.getuid?.()) return false;
    return isLeftBehind(instanceFile(project));
  } catch {
    // It is gone by now, or no local cloud has made it.
    return false;
  }
}
