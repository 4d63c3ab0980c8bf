import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { buildFile, type BuiltFile } from './build-file';
import { BundleCache, type Bundle } from './bundle-cache';
import { PROGRAM, WRAPPER } from './launcher/program';
import { directoriesFrom, findPackage, packageRoot } from './package-root';

/**
 * TypeScript in the npm package too, beside the compiled telemetry: compiled to CommonJS, all that it imports dynamically
 * would be needed at the start.
 */
const TELEMETRY = join(packageRoot(__dirname), 'services', 'telemetry');

/** What services import it by where it is a package. */
const TELEMETRY_PACKAGE = 'traced-cloud-run/telemetry';

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
  /** Whether an importer can do with it, by its path. */
  readonly isEnoughFor: (importer: string) => boolean;
}

const FROM_SDK = /\/node_modules\/@opentelemetry\/(?:sdk-node|otlp-transformer)\//;
const FROM_STABLE_CORE = /\/node_modules\/@opentelemetry\/(?:core|resources|sdk-\w+(?:-\w+)?|otlp-[\w-]+)\//;

/** The stable names alone make a service start 5 % faster, in 4.5 MB less memory. */
const STAND_INS: readonly StandIn[] = [
  ...LEFT_OUT.map((name) => ({
    name,
    file: join(__dirname, 'left-out'),
    isEnoughFor: (importer: string) => FROM_SDK.test(importer),
  })),
  {
    name: SEMANTIC_CONVENTIONS,
    file: join(dirname(require.resolve(SEMANTIC_CONVENTIONS)), 'stable_attributes.js'),
    isEnoughFor: (importer) => dirname(importer) === TELEMETRY || FROM_STABLE_CORE.test(importer),
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
const LAUNCHER = { 'main.js': 'main', 'warm-up.js': 'warm-up' };

/** What npm, pnpm and Yarn write into node_modules with the versions of all that is in it. */
const INSTALLED = ['.package-lock.json', '.modules.yaml', '.yarn-state.yml', '.yarn-integrity'];

/** What esbuild reads above the code, besides what it bundles. */
const CONFIGURATION = ['package.json', 'tsconfig.json'];

/** The packages that are in no file of the code: those that are copied, and those that are apart. */
const BESIDE = [...COPIED.map(({ name }) => name), ...APART];

/**
 * Bundles `main.ts` of a directory into plain JavaScript for Node.js 20 and newer: `main.js` starts it. Synchronous, because
 * constructs are.
 *
 * @param outDir where the bundle's directory is made; it is named after the hash, and made once.
 * @throws with esbuild's messages when something cannot be resolved or parsed.
 */
export function bundleService(directory: string, outDir: string = bundleCacheOf(directory)): Bundle {
  const entry = join(resolve(directory), 'main.ts');
  const cache = new BundleCache(outDir, entry);
  return (
    cache.read() ??
    write(cache, entry, [...Object.entries(LAUNCHER).map(buildLauncher), ...buildService(entry)])
  );
}

/** Bundles the publish step into one file of plain JavaScript, which runs where only Node.js is. */
export function bundlePublisher(outDir: string): { readonly file: string; readonly hash: string } {
  const entry = join(__dirname, 'publish');
  const cache = new BundleCache(outDir, entry);
  const { directory, hash } =
    cache.read() ?? write(cache, entry, [buildFile('publish.js', __dirname, { entryPoints: [entry] })]);
  return { file: join(directory, 'publish.js'), hash };
}

/** Where bundles of a directory of code are kept: with the packages that it uses, where nobody looks after them. */
export function bundleCacheOf(directory: string): string {
  return join(packageRoot(directory), 'node_modules', '.cache', 'bundles');
}

function buildLauncher([outFile, source]: [string, string]): BuiltFile {
  return buildFile(outFile, __dirname, { entryPoints: [join(__dirname, 'launcher', source)] });
}

/** The service and what is beside it. Built again as long as it turns out to need more than was thought. */
function buildService(entry: string): BuiltFile[] {
  let standIns = STAND_INS;
  let beside: readonly string[] = BESIDE;
  const directory = realpathSync(dirname(entry));
  for (;;) {
    const service = buildFile(PROGRAM, directory, {
      entryPoints: [entry],
      banner: { js: WRAPPER[0] },
      footer: { js: WRAPPER[1] },
      alias: {
        // An alias is one for what is below it as well.
        [`${SEMANTIC_CONVENTIONS}/incubating`]: require.resolve(`${SEMANTIC_CONVENTIONS}/incubating`),
        [TELEMETRY_PACKAGE]: join(TELEMETRY, 'index'),
        [`${TELEMETRY_PACKAGE}/boot`]: join(TELEMETRY, 'boot'),
        ...Object.fromEntries(standIns.map(({ name, file }) => [name, file])),
      },
      external: [...beside],
    });
    const files = [service, ...buildApart(service, beside)];
    const needed = neededAtStart(service);
    const wrong = new Set<unknown>([
      ...standIns.filter((standIn) => !isEnough(standIn, service)),
      ...beside.filter((name) => (APART.includes(name) && needed.has(name)) || !canBeBeside(name, files)),
    ]);
    if (wrong.size === 0) return files;
    standIns = standIns.filter((standIn) => !wrong.has(standIn));
    beside = beside.filter((name) => !wrong.has(name));
  }
}

/** The packages beside the service that it needs, and that those need. Nothing of them is in two bundles. */
function buildApart(service: BuiltFile, beside: readonly string[]): BuiltFile[] {
  const built = new Map<string, BuiltFile>();
  const add = (file: BuiltFile): void => {
    for (const name of beside.filter((other) => APART.includes(other) && !built.has(other))) {
      const [importer] = importersOf(name, [file]);
      if (importer === undefined) continue;
      const made = buildFile(join('node_modules', name, 'index.js'), dirname(importer), {
        stdin: { contents: `export * from '${name}';`, resolveDir: dirname(importer), sourcefile: name },
        external: beside.filter((other) => other !== name),
      });
      built.set(name, made);
      add(made);
    }
  };
  add(service);
  return [...built.values()];
}

function write(cache: BundleCache, entry: string, built: readonly BuiltFile[]): Bundle {
  const files = new Map(built.map(({ outFile, content }) => [outFile, content]));
  for (const { name, files: copied } of COPIED) {
    const [found] = placesOf(name, built);
    if (found === undefined) continue;
    for (const file of copied) files.set(join('node_modules', name, file), readFileSync(join(found, file)));
  }
  const modules = built.flatMap((file) => [...file.modules.keys()]);
  const nodeModules = new Set(modules.flatMap((path) => /^.*?\/node_modules(?=\/)/.exec(path) ?? []));
  return cache.write(files, [
    ...new Set(modules),
    ...[...nodeModules].flatMap((directory) => INSTALLED.map((file) => join(directory, file))),
    ...directoriesFrom(dirname(entry)).flatMap((directory) =>
      CONFIGURATION.map((file) => join(directory, file)),
    ),
    // For the options.
    __filename,
  ]);
}

/** Whether all who import the package can do with what stands in for it. */
function isEnough({ name, isEnoughFor }: StandIn, { modules }: BuiltFile): boolean {
  return [...modules].every(
    ([path, imports]) => isEnoughFor(path) || imports.every((imported) => imported.name !== name),
  );
}

/** Whether a package is the same for all who import it, and is imported as a whole. */
function canBeBeside(name: string, built: readonly BuiltFile[]): boolean {
  const copied = COPIED.find((other) => other.name === name)?.files ?? [];
  const places = placesOf(name, built);
  const isThere = [...places].every(
    (place) => place !== undefined && copied.every((file) => existsSync(join(place, file))),
  );
  return isThere && places.size <= 1 && importersOf(`${name}/`, built).length === 0;
}

/** Where those who import a package find it. */
function placesOf(name: string, built: readonly BuiltFile[]): ReadonlySet<string | undefined> {
  return new Set(importersOf(name, built).map((importer) => findPackage(name, dirname(importer))));
}

/** Paths of the modules that import a package that is not in their file, or what is below a name that ends in `/`. */
function importersOf(name: string, built: readonly BuiltFile[]): string[] {
  return built
    .flatMap(({ modules }) => [...modules])
    .filter(([, imports]) =>
      imports.some(
        (other) =>
          other.path === undefined &&
          (name.endsWith('/') ? other.name.startsWith(name) : other.name === name),
      ),
    )
    .map(([path]) => path);
}

/** Paths of what is imported from the entry point on without a dynamic import, or names of what is not in the file. */
function neededAtStart({ entry, modules }: BuiltFile): ReadonlySet<string> {
  const found = new Set([entry]);
  // What is added on the way is visited as well.
  for (const path of found) {
    for (const imported of modules.get(path) ?? []) {
      if (!imported.isDynamic) found.add(imported.path ?? imported.name);
    }
  }
  return found;
}
