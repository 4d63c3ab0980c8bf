import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildSync, type BuildOptions, type Metafile } from 'esbuild';
import { BundleCache, type Bundle } from './bundle-cache';

const ROOT = resolve(__dirname, '..');
const CACHE = join(ROOT, 'node_modules', '.cache', 'bundles');

/**
 * What NodeSDK requires and this project does not use, a quarter of its code: other exporters, and the configuration by
 * file with its YAML parser. `otlp-proto` stays, the exporter for `OTEL_TRACES_EXPORTER=otlp`.
 */
const LEFT_OUT = [
  'configuration',
  'exporter-logs-otlp-grpc',
  'exporter-logs-otlp-http',
  'exporter-logs-otlp-proto',
  'exporter-metrics-otlp-grpc',
  'exporter-metrics-otlp-http',
  'exporter-metrics-otlp-proto',
  'exporter-prometheus',
  'exporter-trace-otlp-grpc',
  'exporter-trace-otlp-http',
  'exporter-zipkin',
  'otlp-grpc-exporter-base',
].map((name) => `@opentelemetry/${name}`);

/**
 * Packages without dependencies that are copied as they are: PDF.js is minified already, takes most of the time to
 * bundle, and would be read at every start although few requests need it.
 */
const COPIED = [{ name: 'unpdf', files: ['package.json', 'dist/index.cjs', 'dist/pdfjs.mjs'] }];

/**
 * Packages that few requests need and that are a bundle of their own beside the service's, because V8 reads the whole
 * file at each start: Google's SDK for Gemini would add a tenth to the time of the processor's. They have to be imported
 * by a module that is itself imported dynamically.
 */
const APART = ['@google/genai'];

const OPTIONS = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  // CommonJS starts faster than modules do, and lets telemetry patch `http` before anybody uses it.
  format: 'cjs',
  minify: true,
  // Google's clients tell their own classes apart by name, and stack traces stay readable without a source map.
  keepNames: true,
  legalComments: 'none',
  // Paths in the output are relative to this, so that the caller's directory has no influence.
  absWorkingDir: ROOT,
  logLevel: 'silent',
} as const satisfies BuildOptions;

/**
 * Bundles `main.ts` of a directory into plain JavaScript for Node.js 20 and newer. Synchronous, because constructs are.
 *
 * @param outDir where the bundle's directory is made; it is named after the hash, and made once.
 * @throws with esbuild's messages when something cannot be resolved or parsed.
 */
export function bundleService(directory: string, outDir: string = CACHE): Bundle {
  return bundle(join(resolve(directory), 'main.ts'), 'main.js', outDir, {
    alias: Object.fromEntries(LEFT_OUT.map((name) => [name, join(__dirname, 'left-out.ts')])),
    external: [...COPIED.map(({ name }) => name), ...APART],
  });
}

/** Bundles the publish step into one file of plain JavaScript, which runs where only Node.js is. */
export function bundlePublisher(outDir: string = CACHE): { readonly file: string; readonly hash: string } {
  const { directory, hash } = bundle(join(__dirname, 'publish.ts'), 'publish.js', outDir, {});
  return { file: join(directory, 'publish.js'), hash };
}

function bundle(entry: string, outFile: string, outDir: string, options: BuildOptions): Bundle {
  const cache = new BundleCache(outDir, entry);
  const known = cache.read();
  if (known) return known;
  const { outputFiles, metafile } = buildSync({
    ...OPTIONS,
    ...options,
    entryPoints: [entry],
    outfile: outFile,
    write: false,
    metafile: true,
  });
  const files = new Map(outputFiles.map(({ contents }) => [outFile, contents]));
  const sources = Object.keys(metafile.inputs);
  const imported = importedBy(metafile);
  for (const path of copiedFiles(imported)) files.set(path, readFileSync(join(ROOT, path)));
  for (const name of APART.filter((name) => imported.includes(name))) {
    const apart = bundlePackage(name);
    files.set(join('node_modules', name, 'index.js'), apart.content);
    sources.push(...apart.sources);
  }
  // The lock file stands for the versions of packages, this file for the options.
  const inputs = [...sources, 'package-lock.json', __filename];
  return cache.write(
    files,
    inputs.map((path) => resolve(ROOT, path)),
  );
}

/** One file that can be required by the package's name, and the files it was made of. */
function bundlePackage(name: string): { content: Uint8Array; sources: string[] } {
  const { outputFiles, metafile } = buildSync({
    ...OPTIONS,
    stdin: { contents: `export * from '${name}';`, resolveDir: ROOT, sourcefile: name },
    outfile: 'index.js',
    write: false,
    metafile: true,
  });
  const [{ contents: content } = { contents: new Uint8Array() }] = outputFiles;
  return { content, sources: Object.keys(metafile.inputs).filter((path) => path !== name) };
}

function importedBy({ outputs }: Metafile): string[] {
  return Object.values(outputs)
    .flatMap(({ imports }) => imports)
    .map(({ path }) => path);
}

function copiedFiles(imported: readonly string[]): string[] {
  return COPIED.filter(({ name }) => imported.includes(name)).flatMap(({ name, files }) =>
    files.map((file) => join('node_modules', name, file)),
  );
}
