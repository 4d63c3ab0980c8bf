import { relative, resolve } from 'node:path';
import type * as Esbuild from 'esbuild';
import { packageRoot } from './package-root';
import { checkPeers } from './peers';

/** Something a module imports. */
interface ModuleImport {
  /** As the code names it. */
  readonly name: string;
  /** Absolute path of a module in the same file; undefined where it is not in it. */
  readonly path: string | undefined;
  readonly isDynamic: boolean;
}

/** One file of a bundle and what it was made of. */
export interface BuiltFile {
  /** Path in the bundle. */
  readonly outFile: string;
  readonly content: Uint8Array;
  /** Absolute path of the module that it starts with. */
  readonly entry: string;
  /** What each module imports, by its absolute path. */
  readonly modules: ReadonlyMap<string, readonly ModuleImport[]>;
}

const OPTIONS = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  // CommonJS starts faster than modules do, and lets telemetry patch `http` before anybody uses it.
  format: 'cjs',
  // Written as `require`, which loads modules as well: out of V8's code cache, Node.js 20 knows no loader for `import()`.
  supported: { 'dynamic-import': false },
  // Not the names: Google's clients tell their own classes apart by them, stack traces stay readable without a source map,
  // and esbuild's own way to keep them costs 5 us of each request.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  // As Node.js itself resolves: `module` would mix modules among the CommonJS packages, which esbuild copies name by name
  // wherever they meet.
  conditions: [],
  logLevel: 'silent',
} as const satisfies Esbuild.BuildOptions;

/** The names that esbuild gives to modules where it wraps them: their paths, relative to `absWorkingDir`. */
const MODULE_NAME = /(?<=__(?:commonJS|esm)\d*\(\{)"(?:[^"\\]|\\.)*"(?=\()/g;

/**
 * Bundles what starts with one module into one file, the same wherever the code and its packages are.
 *
 * @param outFile its path in the bundle.
 * @param directory that of the code.
 * @throws with esbuild's messages when something cannot be resolved or parsed.
 */
export function buildFile(outFile: string, directory: string, options: Esbuild.BuildOptions): BuiltFile {
  const { outputFiles, metafile } = loadEsbuild().buildSync({
    ...OPTIONS,
    ...options,
    absWorkingDir: directory,
    outfile: outFile,
    write: false,
    metafile: true,
  });
  const text = outputFiles.map((file) => file.text).join('');
  const [output] = Object.values(metafile.outputs);
  return {
    outFile,
    content: Buffer.from(
      text.replace(MODULE_NAME, (quoted) =>
        JSON.stringify(placeless(resolve(directory, JSON.parse(quoted)), directory)),
      ),
    ),
    entry: resolve(directory, output?.entryPoint ?? ''),
    modules: new Map(
      Object.entries(metafile.inputs).map(([path, { imports }]) => [
        resolve(directory, path),
        imports.map(({ path: imported, original, external, kind }) => ({
          name: original ?? imported,
          path: external ? undefined : resolve(directory, imported),
          isDynamic: kind === 'dynamic-import',
        })),
      ]),
    ),
  };
}

/** On the first use, because services of images that others build do without it. */
function loadEsbuild(): typeof Esbuild {
  checkPeers('ServiceCode.fromDirectory', ['esbuild']);
  return require('esbuild');
}

/** A module's path without where its package is installed, or this one, or the directory that is bundled. */
function placeless(path: string, directory: string): string {
  const [, inPackages] = /.*\/node_modules\/(.*)$/.exec(path) ?? [];
  if (inPackages !== undefined) return inPackages;
  const root = packageRoot(__dirname);
  const inThis = relative(root, path);
  return inThis.startsWith('..') ? relative(directory, path) : `traced-cloud-run/${inThis}`;
}
