import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UserError } from '../user-error';

/** An incident that happens in front of whoever starts it, and what has to come of it. */
export interface Scenario {
  /** What is wrong with the system, in one sentence. */
  readonly title: string;
  /** Command of a cdktf app that must be refused at synth; shown first. */
  readonly refusedApp?: string;
  /** Command of the cdktf app that is deployed. */
  readonly app: string;
  /** Id of the stack in the app. */
  readonly stack: string;
  readonly send: {
    /** File whose bytes are the body, from the project's directory. */
    readonly file: string;
    /** `OUTPUT/PATH`, as `--to` has it. */
    readonly to: string;
    /** How many documents. */
    readonly times: number;
  };
  readonly expect: {
    /** HTTP status of a document's answer; the newest such trace is shown. */
    readonly status: number;
    /** What its explanation gives as the cause. */
    readonly cause: string;
    /** Whether an alert policy has to fire. */
    readonly alert: boolean;
  };
}

const FILES = ['stacks', 'scenarios'];

/** A member's place in the file, and what its value has to be. */
const FIELDS: readonly (readonly [path: string, type: 'string' | 'number' | 'boolean'])[] = [
  ['title', 'string'],
  ['app', 'string'],
  ['stack', 'string'],
  ['send.file', 'string'],
  ['send.to', 'string'],
  ['send.times', 'number'],
  ['expect.status', 'number'],
  ['expect.cause', 'string'],
  ['expect.alert', 'boolean'],
];

/** Reads `stacks/scenarios/NAME.json`. Throws UserError with the names there are, or with what is wrong in the file. */
export function readScenario(name: string, projectDirectory: string): Scenario {
  const directory = join(projectDirectory, ...FILES);
  const names = (existsSync(directory) ? readdirSync(directory) : [])
    .filter((file) => file.endsWith('.json'))
    .map((file) => basename(file, '.json'));
  if (!names.includes(name)) {
    throw new UserError(`there is no scenario '${name}'; there are: ${names.join(', ') || 'none'}`);
  }
  const file = join(directory, `${name}.json`);
  const refuse = (what: string): never => {
    throw new UserError(`${file}: ${what}`);
  };
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return refuse(String(error));
  }
  for (const [path, type] of FIELDS) {
    const found = memberOf(value, path.split('.'));
    if (typeof found !== type) refuse(`"${path}" is ${JSON.stringify(found)}; allowed is a ${type}`);
  }
  const refused = memberOf(value, ['refusedApp']);
  if (refused !== undefined && typeof refused !== 'string')
    refuse(`"refusedApp" is ${JSON.stringify(refused)}; allowed is a string`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each member was looked at just now
  return value as Scenario;
}

function memberOf(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (found, name) => (typeof found === 'object' && found !== null ? Reflect.get(found, name) : undefined),
    value,
  );
}
