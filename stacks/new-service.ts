import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isStackId } from '../constructs/stack-ids';
import { HEALTH_PATH } from '../services/telemetry/settings';

/** The service that is copied: `services/template` with its test, a service like the others but in no stack. */
const TEMPLATE = 'template';
const TEMPLATE_DIRECTORIES = [`services/${TEMPLATE}`, `test/services/${TEMPLATE}`];

const STACK = 'stacks/document-pipeline-stack.ts';
const GATEWAY = 'services/gateway/main.ts';

/** Cloud Run's grammar, with words between single hyphens. */
const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
/** Cloud Run takes 49 characters, of which `-production` is a part. */
const MAX_NAME_LENGTH = 38;

/** Why no service can be added and what to do about it, in one line. */
class NewServiceError extends Error {}

/** The name of a new service, as code writes it. */
interface Name {
  /** `thumbnail-maker` */
  readonly kebab: string;
  /** `thumbnailMaker` */
  readonly camel: string;
  /** `ThumbnailMaker` */
  readonly pascal: string;
}

/**
 * `npm run new-service -- NAME`: adds a service to the pipeline, called by the gateway. Everything is looked at before
 * anything is written.
 */
function addService(args: readonly string[]): void {
  const name = readName(args);
  const files = new Map([
    ...TEMPLATE_DIRECTORIES.flatMap((directory) => copyOf(directory, name)),
    changeOf(STACK, stackParts(name)),
    changeOf(GATEWAY, gatewayParts(name)),
  ]);
  for (const [file, content] of files) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    console.log(file);
  }
  // A longer name may not fit into the template's lines.
  spawnSync('npm', ['run', '--silent', 'format', '--', ...files.keys()], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  console.log(
    `\n${name.kebab} is called by the gateway at GET /${name.kebab}: 'npm start' deploys it, ` +
      `then curl GATEWAY_URL/${name.kebab}\n` +
      "What is kept of the stack changes with it: 'npx jest test/stacks/document-pipeline-stack.test.ts -u' and " +
      "'npm run addresses' take that over",
  );
}

function readName(args: readonly string[]): Name {
  const [kebab = '', ...rest] = args;
  if (kebab === '' || rest.length > 0) {
    throw new NewServiceError(`cannot add '${args.join(' ')}'; write 'npm run new-service -- NAME'`);
  }
  if (!NAME.test(kebab) || kebab.length > MAX_NAME_LENGTH) {
    throw new NewServiceError(
      `'${kebab}' cannot name a service; allowed are at most ${MAX_NAME_LENGTH} lower-case letters, digits and single ` +
        "hyphens between them, first a letter, such as 'thumbnail-maker'",
    );
  }
  const taken = takenBy(kebab);
  if (taken !== undefined) {
    throw new NewServiceError(`'${kebab}' is taken by ${taken}; write another name`);
  }
  const [first = '', ...words] = kebab.split('-');
  const camel = [first, ...words.map(capitalized)].join('');
  return { kebab, camel, pascal: capitalized(camel) };
}

function takenBy(name: string): string | undefined {
  if (`/${name}` === HEALTH_PATH) return "every service's path for probes";
  if (isStackId(name)) return 'what the stack has for all its services';
  const files = [`services/${name}`, `services/${name}.ts`, `test/services/${name}`];
  const file = files.find((path) => existsSync(path));
  if (file !== undefined) return file;
  return readFileSync(STACK, 'utf8').includes(`'${name}'`) ? STACK : undefined;
}

/** The files of a directory of the template, by the paths and with the names of the new service. */
function copyOf(directory: string, name: Name): [string, string][] {
  const rename = (text: string): string =>
    text.replaceAll(TEMPLATE, name.kebab).replaceAll(capitalized(TEMPLATE), name.pascal);
  return readdirSync(directory).map((file) => {
    const path = join(directory, file);
    return [rename(path), rename(readFileSync(path, 'utf8'))];
  });
}

/** Text that is put before the only place, or after the last one, where a file has something. */
interface Part {
  readonly where: 'before' | 'after';
  readonly anchor: RegExp;
  readonly text: string;
}

function stackParts({ kebab, camel }: Name): Part[] {
  const variable = `${camel}Service`;
  const text = `
    const ${variable} = new TracedCloudRunService(this, '${kebab}', {
      environment,
      code: codeOf('${kebab}'),
    });
    gateway.calls(${variable}, { deadlineMs: 1_000 });`;
  // Calls are declared before what watches over them.
  return [{ where: 'after', anchor: /^ {4}\w+\.calls\(.*\);$/gm, text }];
}

function gatewayParts({ kebab, pascal }: Name): Part[] {
  const route = `routeTo${pascal}`;
  return [
    {
      where: 'after',
      anchor: /^import .*;$/gm,
      text: `\nimport { ${route} } from '../${kebab}/gateway-route';`,
    },
    {
      where: 'before',
      anchor: /^ {4}return gateway;$/gm,
      text: `    ${route}(gateway, createCalleeClient('${kebab}'));\n`,
    },
  ];
}

function changeOf(file: string, parts: readonly Part[]): [string, string] {
  const content = parts.reduce(
    (text, { where, anchor, text: added }) => {
      const found = [...text.matchAll(anchor)].at(-1);
      if (!found) {
        throw new NewServiceError(
          `${file} has no line like ${anchor.source}; add there yourself: ${added.trim()}`,
        );
      }
      const at = where === 'before' ? found.index : found.index + found[0].length;
      return text.slice(0, at) + added + text.slice(at);
    },
    readFileSync(file, 'utf8'),
  );
  return [file, content];
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

try {
  addService(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof NewServiceError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
