import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { bundleService } from '../../services/bundle';

/** Where built applications are kept: below `node_modules`, so that one that is not bundled finds its packages. */
const OUT = resolve(__dirname, '../../node_modules/.cache/bench');

/** The application under test, by file, in each form. */
export interface Apps {
  readonly unbundled: string;
  readonly untraced: string;
  readonly traced: string;
}

/** Builds them as services are built: `bundleService`, then the step of the image's build that makes V8's code cache. */
export function buildApps(): Apps {
  return { unbundled: transpile(), untraced: bundle('untraced'), traced: bundle('traced') };
}

function bundle(app: string): string {
  const { directory } = bundleService(join(__dirname, 'apps', app), OUT);
  const { status, stdout } = spawnSync(process.execPath, [join(directory, 'warm-up.js')], {
    encoding: 'utf8',
  });
  if (status !== 0 || !stdout.includes('warm-up: code cache of')) throw new Error(`no code cache: ${stdout}`);
  return join(directory, 'main.js');
}

function transpile(): string {
  const outfile = join(OUT, 'unbundled', 'main.js');
  buildSync({
    entryPoints: [join(__dirname, 'apps/untraced/main.ts')],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'cjs',
    outfile,
  });
  return outfile;
}
