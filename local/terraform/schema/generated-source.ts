import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

// What is known here about the layout of @cdktf/provider-google is no documented contract of it; it was read from
// 16.12.1. So everything that is not as expected is refused, and nothing is guessed.

/** The installed @cdktf/provider-google is not laid out as the derivation of schemas needs it. */
export class GeneratedLayoutError extends Error {
  override readonly name = 'GeneratedLayoutError';

  constructor(where: string, problem: string) {
    super(
      `No schema can be derived from @cdktf/provider-google: ${where}: ${problem}. ` +
        'The local cloud is written for version 16.12.1 of that package; install that one.',
    );
  }
}

const LIBRARY = join(dirname(require.resolve('@cdktf/provider-google/package.json')), 'lib');

/** Every resource type and data source, such as `google_storage_bucket`, with its settable top-level names. */
export interface AllTypes {
  readonly resources: ReadonlyMap<string, readonly string[]>;
  readonly dataSources: ReadonlyMap<string, readonly string[]>;
}

let allTypes: AllTypes | undefined;

/**
 * Reads all types and the names of their top-level arguments and blocks out of the declaration files, once: those are a
 * sixth of the size of the sources, and nothing more is needed for a type that is only going to be refused.
 */
export function readAllTypes(): AllTypes {
  return (allTypes ??= readDeclarations());
}

function readDeclarations(): AllTypes {
  const resources = new Map<string, readonly string[]>();
  const dataSources = new Map<string, readonly string[]>();
  for (const entry of readdirSync(LIBRARY, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === 'provider') continue;
    const text = readFileSync(join(LIBRARY, entry.name, 'index.d.ts'), 'utf8');
    const type = /static readonly tfResourceType = "(google_\w+)"/.exec(text)?.[1];
    const config = /^export interface \w+ extends cdktf\.TerraformMetaArguments \{\n([^]*?)^\}/m.exec(
      text,
    )?.[1];
    if (type === undefined || config === undefined) {
      throw new GeneratedLayoutError(
        `lib/${entry.name}/index.d.ts`,
        'it has no resource class with its Config',
      );
    }
    const names = [...config.matchAll(/#(\w+) \w+#\1\}/g)].map(([, name]) => String(name));
    (entry.name.startsWith('data-google') ? dataSources : resources).set(type, names);
  }
  return { resources, dataSources };
}

/** The generated TypeScript of one folder, such as `storage-bucket`, out of the source maps at the end of its files. */
export function readSource(folder: string): string {
  const files = [join(folder, 'index.js')];
  // Only the largest resources are split.
  const structs = join(folder, 'index-structs');
  for (const file of existsSync(join(LIBRARY, structs)) ? readdirSync(join(LIBRARY, structs)) : []) {
    if (/^structs\d+\.js$/.test(file)) files.push(join(structs, file));
  }
  return files.map(readOriginal).join('\n');
}

function readOriginal(file: string): string {
  const text = readFileSync(join(LIBRARY, file), 'utf8');
  const marker = '//# sourceMappingURL=data:application/json;base64,';
  const start = text.lastIndexOf(marker);
  if (start === -1) throw new GeneratedLayoutError(`lib/${file}`, 'it ends with no inline source map');
  const map: { readonly sourcesContent?: readonly string[] } = JSON.parse(
    Buffer.from(text.slice(start + marker.length), 'base64').toString(),
  );
  const [source] = map.sourcesContent ?? [];
  if (source === undefined) throw new GeneratedLayoutError(`lib/${file}`, 'its source map holds no source');
  return source;
}

/** `google_storage_bucket` -> `storage-bucket` */
export function folderOf(type: string): string {
  return type.replace(/^google_/, '').replaceAll('_', '-');
}
