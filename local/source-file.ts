import { join } from 'node:path';
import { packageRoot } from '../services/package-root';

const LOCAL = join(packageRoot(__dirname), 'local');

/**
 * Path of a file below `local/` that is read as it is, a protocol's definition or a part of the page. What is compiled runs
 * elsewhere, and these files are not copied there.
 */
export function sourceFile(...names: readonly string[]): string {
  return join(LOCAL, ...names);
}
