import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { buildSync, type BuildOptions, type Metafile } from 'esbuild';
import { BundleCache, type Bundle } from './bundle-cache';
import { PROGRAM, WRAPPER } from './launcher/program';

const ROOT = resolve(__dirname, '..');
const CACHE = join(ROOT, 'node_modules', '.cache', 'bundles');

/**
 * What NodeSDK requires and this project does not use, a third of its code: other exporters, metrics, the configuration by
 * file with its YAML parser, and the patching of packages while they are required, which a bundle does not do. A service
 * that imports one of them, itself or by another package, keeps it. `otlp-proto` stays, the exporter for
 * `OTEL_TRACES_EXPORTER=otlp`.
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
  'instrumentation',
  'otlp-grpc-exporter-base',
  'sdk-metrics',
].map((name) => `@opentelemetry/${name}`);

/** OpenTelemetry's attribute names, of which more than half are deprecated. */
const SEMANTIC_CONVENTIONS = '@opentelemetry/semantic-conventions';

/** What stands in a bundle for a package, as long as nobody imports that but those who can do with it. */
interface StandIn {
  readonly name: string;
  readonly file: string;
  /** Paths of the importers that can do with it. */
  readonly importers: RegExp;
}

/** The stable names alone make a service start 5 % faster, in 4.5 MB less memory. */
const STAND_INS: readonly StandIn[] = [
  ...LEFT_OUT.map((name) => ({
    name,
    file: join(__dirname, 'left-out.ts'),
    importers: /(?:^|\/)node_modules\/@opentelemetry\/(?:sdk-node|otlp-transformer)\//,
  })),
  {
    name: SEMANTIC_CONVENTIONS,
    file: join(dirname(require.resolve(SEMANTIC_CONVENTIONS)), 'stable_attributes.js'),
    importers:
      /^services\/telemetry\/|(?:^|\/)node_modules\/@opentelemetry\/(?:core|resources|sdk-\w+(?:-\w+)?|otlp-[\w-]+)\//,
  },
];

/**
 * Packages without dependencies that are copied as they are: PDF.js is minified already, takes most of the time to
 * bundle, and would be read at every start although few requests need it.
 */
const COPIED = [{ name: 'unpdf', files: ['package.json', 'dist/index.cjs', 'dist/pdfjs.mjs'] }];

/**
 * Packages that are needed after the start, or by few requests, and that are a bundle of their own beside the service's,
 * because V8 reads the whole file at each start: Google's exporter and its gRPC stack are a third of a service's code. One that
 * a service imports without a dynamic import on the way is needed at its start, and in its bundle.
 */
const APART = ['@google-cloud/opentelemetry-cloud-trace-exporter', '@google/genai', 'google-auth-library'];

/** Starts the service, and makes V8's code cache for it. */
const LAUNCHER = { 'main.js': 'main.ts', 'warm-up.js': 'warm-up.ts' };

const OPTIONS = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  // CommonJS starts faster than modules do, and lets telemetry patch `http` before anybody uses it.
  format: 'cjs',
  // Written as `require`, which loads modules as well: out of V8's code cache, Node.js 20 knows no loader for `import()`.
  supported: { 'dynamic-import': false },
  minify: true,
  // Google's clients tell their own classes apart by name, and stack traces stay readable without a source map.
  keepNames: true,
  legalComments: 'none',
  // As Node.js itself resolves: `module` would mix modules among the CommonJS packages, which esbuild copies name by name
  // wherever they meet.
  conditions: [],
  // Paths in the output are relative to this, so that the caller's directory has no influence.
  absWorkingDir: ROOT,
  logLevel: 'silent',
} as const satisfies BuildOptions;

/**
 * Bundles `main.ts` of a directory into plain JavaScript for Node.js 20 and newer: `main.js` starts it. Synchronous, because
 * constructs are.
 *
 * @param outDir where the bundle's directory is made; it is named after the hash, and made once.
 * @throws with esbuild's messages when something cannot be resolved or parsed.
 */
export function bundleService(directory: string, outDir: string = CACHE): Bundle {
  const entry = join(resolve(directory), 'main.ts');
  const cache = new BundleCache(outDir, entry);
  return cache.read() ?? write(cache, Object.entries(LAUNCHER).map(buildLauncher), buildService(entry));
}

/** Bundles the publish step into one file of plain JavaScript, which runs where only Node.js is. */
export function bundlePublisher(outDir: string = CACHE): { readonly file: string; readonly hash: string } {
  const entry = join(__dirname, 'publish.ts');
  const cache = new BundleCache(outDir, entry);
  const { directory, hash } = cache.read() ?? write(cache, [build('publish.js', { entryPoints: [entry] })]);
  return { file: join(directory, 'publish.js'), hash };
}

/** One file of a bundle and what it was made of. */
interface Built {
  readonly outFile: string;
  readonly content: Uint8Array;
  readonly metafile: Metafile;
}

function buildLauncher([outFile, source]: [string, string]): Built {
  return build(outFile, { entryPoints: [join(__dirname, 'launcher', source)] });
}

/** The service and what is apart from it. Built again as long as it turns out to need more than was thought. */
function buildService(entry: string): Built[] {
  let standIns = STAND_INS;
  let apart: readonly string[] = APART;
  for (;;) {
    const service = build(PROGRAM, {
      entryPoints: [entry],
      banner: { js: WRAPPER[0] },
      footer: { js: WRAPPER[1] },
      alias: {
        // An alias is one for what is below it as well.
        [`${SEMANTIC_CONVENTIONS}/incubating`]: require.resolve(`${SEMANTIC_CONVENTIONS}/incubating`),
        ...Object.fromEntries(standIns.map(({ name, file }) => [name, file])),
      },
      external: [...COPIED.map(({ name }) => name), ...apart],
    });
    const needed = neededAtStart(service.metafile);
    const wrong = new Set<unknown>([
      ...standIns.filter((standIn) => !isEnough(standIn, service.metafile)),
      ...apart.filter((name) => needed.has(name)),
    ]);
    if (wrong.size === 0) return [service, ...buildApart(service, apart)];
    standIns = standIns.filter((standIn) => !wrong.has(standIn));
    apart = apart.filter((name) => !wrong.has(name));
  }
}

/** The packages beside the service that it needs, and that those need. Nothing of them is in two bundles. */
function buildApart(service: Built, apart: readonly string[]): Built[] {
  const built = new Map<string, Built>();
  const add = ({ metafile }: Built): void => {
    const imported = importedBy(metafile);
    for (const name of apart.filter((other) => imported.has(other) && !built.has(other))) {
      const made = build(join('node_modules', name, 'index.js'), {
        stdin: { contents: `export * from '${name}';`, resolveDir: ROOT, sourcefile: name },
        external: apart.filter((other) => other !== name),
      });
      built.set(name, made);
      add(made);
    }
  };
  add(service);
  return [...built.values()];
}

function build(outFile: string, options: BuildOptions): Built {
  const { outputFiles, metafile } = buildSync({
    ...OPTIONS,
    ...options,
    outfile: outFile,
    write: false,
    metafile: true,
  });
  const [{ contents: content } = { contents: new Uint8Array() }] = outputFiles;
  return { outFile, content, metafile };
}

function write(cache: BundleCache, ...groups: readonly (readonly Built[])[]): Bundle {
  const all = groups.flat();
  const files = new Map(all.map(({ outFile, content }) => [outFile, content]));
  for (const path of all.flatMap(({ metafile }) => copiedFiles(importedBy(metafile)))) {
    files.set(path, readFileSync(join(ROOT, path)));
  }
  const sources = all.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  // The lock file stands for the versions of packages, this file for the options.
  const inputs = [...new Set(sources), 'package-lock.json', __filename];
  return cache.write(
    files,
    inputs.filter((path) => !APART.includes(path)).map((path) => resolve(ROOT, path)),
  );
}

/** Whether all who import the package can do with what stands in for it. */
function isEnough({ name, importers }: StandIn, { inputs }: Metafile): boolean {
  return Object.entries(inputs)
    .filter(([path]) => !importers.test(path))
    .every(([, { imports }]) => imports.every(({ original }) => original !== name));
}

/** Paths of what is imported from the entry point on without a dynamic import, in the bundle and apart from it. */
function neededAtStart({ inputs, outputs }: Metafile): ReadonlySet<string> {
  const found = new Set(Object.values(outputs).map(({ entryPoint = '' }) => entryPoint));
  // What is added on the way is visited as well.
  for (const path of found) {
    for (const { kind, path: imported } of inputs[path]?.imports ?? []) {
      if (kind !== 'dynamic-import') found.add(imported);
    }
  }
  return found;
}

/** The packages that are not in a bundle and that it imports. */
function importedBy({ outputs }: Metafile): ReadonlySet<string> {
  const imports = Object.values(outputs).flatMap((output) => output.imports);
  return new Set(imports.map(({ path }) => path));
}

function copiedFiles(imported: ReadonlySet<string>): string[] {
  return COPIED.filter(({ name }) => imported.has(name)).flatMap(({ name, files }) =>
    files.map((file) => join('node_modules', name, file)),
  );
}
