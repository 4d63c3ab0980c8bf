import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { sourceFile } from '../source-file';

/** The source of what containers run before their own code; it is not compiled with the rest, as nothing imports it. */
const SOURCE = sourceFile('run', 'fetch-through-proxy.ts');

/** Writes it into `directory` as Node.js of every version can load it, and returns the file for `node --require`. */
export async function writeContainerPreload(directory: string): Promise<string> {
  const { code } = await transform(await readFile(SOURCE, 'utf8'), {
    loader: 'ts',
    format: 'cjs',
    target: 'node20',
  });
  await mkdir(directory, { recursive: true });
  const file = join(directory, 'container-preload.cjs');
  await writeFile(file, code);
  return file;
}
