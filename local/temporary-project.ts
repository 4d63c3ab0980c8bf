import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cleanup } from './cleanup';
import { readInstance } from './control/instance-file';
import { instanceFile, processRecordFile } from './data-directory';
import { endLeftovers } from './run/process-record';

const PREFIX = 'local-cloud-';

/** Makes the directory of a project that lasts as long as its local cloud: the cleanup removes it, or the process's end. */
export async function temporaryProject(cleanup: Cleanup): Promise<string> {
  await removeAbandoned();
  const directory = mkdtempSync(join(tmpdir(), PREFIX));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  process.once('exit', remove);
  cleanup.defer(() => {
    process.off('exit', remove);
    remove();
  });
  return directory;
}

/** What a killed process has left goes, with its containers: nobody starts a second time in its directory. */
async function removeAbandoned(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const project = join(tmpdir(), name);
    if (!(await isAbandoned(project))) continue;
    endLeftovers(processRecordFile(project));
    rmSync(project, { recursive: true, force: true });
  }
}

async function isAbandoned(project: string): Promise<boolean> {
  try {
    // Others may write there too, and what they write must not say which processes end.
    if (lstatSync(project).uid !== process.getuid?.()) return false;
    return (await readInstance(instanceFile(project))).state === 'stale';
  } catch {
    // It is gone by now, or no local cloud has made it.
    return false;
  }
}
