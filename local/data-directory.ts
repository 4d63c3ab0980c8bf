import { join } from 'node:path';
import { PROCESS_RECORD } from './run/process-record';

/** Where a local cloud keeps everything, in the project that it serves. */
export function dataDirectoryOf(projectDirectory: string): string {
  return join(projectDirectory, '.local');
}

/** Names the running instance; also how `status`, `traces` and the others find it. */
export function instanceFile(projectDirectory: string): string {
  return join(dataDirectoryOf(projectDirectory), 'instance.json');
}

/** Of what Cloud Run keeps. */
export const RUN_DIRECTORY = 'run';

/** Lists the running containers. */
export function processRecordFile(projectDirectory: string): string {
  return join(dataDirectoryOf(projectDirectory), RUN_DIRECTORY, PROCESS_RECORD);
}
