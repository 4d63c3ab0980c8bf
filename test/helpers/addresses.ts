import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Testing, type TerraformStack } from 'cdktf';
import { blocks, isAttributes } from '../../constructs/policy/attributes';
import { DeploymentEnvironment } from '../../constructs';
import { resourceTypes } from '../../local/terraform/resource-types';
import { DocumentPipelineStack } from '../../stacks/document-pipeline-stack';
import { everyOption } from './every-option';
import { testApp } from './synth';

const ROOT = resolve(__dirname, '../..');
const DIRECTORY = join(ROOT, 'test', 'stacks');

/** For each resource of a stack, by address, what Google cannot change in place: another value replaces the resource. */
type Addresses = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The addresses of every stack, by its id. */
export type Release = Readonly<Record<string, Addresses>>;

/** Addresses by those that a `moved` block gives them instead. */
type Moves = ReadonlyMap<string, string>;

/** What a stack deploys, as far as it decides what an upgrade keeps. */
export interface Deployed {
  readonly addresses: Addresses;
  readonly moves: Moves;
}

/** What the pipeline's environments and a stack with every option deploy, by stack. */
export function deployedNow(): Readonly<Record<string, Deployed>> {
  const environments = [
    DeploymentEnvironment.local(),
    DeploymentEnvironment.staging(),
    DeploymentEnvironment.production(),
  ];
  const pipelines = environments.map(
    (environment) =>
      new DocumentPipelineStack(testApp(), {
        environment,
        projectId: 'my-project-123',
        region: 'europe-west1',
        notificationEmail: 'on-call@example.com',
      }),
  );
  return Object.fromEntries([...pipelines, everyOption()].map((stack) => [stack.node.id, deployed(stack)]));
}

/** What a stack deploys. */
export function deployed(stack: TerraformStack): Deployed {
  const { resource = {}, moved, provider }: StackJson = JSON.parse(Testing.synth(stack, true));
  const [google] = provider.google;
  const addresses = Object.entries(resource).flatMap(([type, byName]) =>
    Object.entries(byName).map(
      ([name, attributes]) => [`${type}.${name}`, fixed(type, attributes, google?.project)] as const,
    ),
  );
  return {
    addresses: Object.fromEntries(addresses.toSorted(([one], [other]) => (one < other ? -1 : 1))),
    moves: new Map(blocks({ moved }, 'moved').map(({ from, to }) => [String(from), String(to)])),
  };
}

interface StackJson {
  readonly resource?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly moved?: unknown;
  readonly provider: { readonly google: readonly { readonly project?: string }[] };
}

const REPLACE_ON = new Map(resourceTypes.map(({ type, replaceOn }) => [type, replaceOn]));

/** Values of the attributes that the local cloud replaces a resource for, as the google provider does. */
function fixed(
  type: string,
  attributes: Readonly<Record<string, unknown>>,
  project: string | undefined,
): Record<string, unknown> {
  // Terraform's own, which publishes images: it stands for nothing that could be lost.
  if (type === 'terraform_data') return {};
  const replaceOn = REPLACE_ON.get(type);
  if (!replaceOn) throw new Error(`the local cloud does not say what replaces a ${type}`);
  const values = replaceOn.map((path) => [path, valueAt(attributes, path.split('.'))] as const);
  const ofProvider = replaceOn.includes('project') ? { project } : {};
  return { ...ofProvider, ...Object.fromEntries(values.filter(([, value]) => value !== undefined)) };
}

function valueAt(attributes: Readonly<Record<string, unknown>>, [name = '', ...rest]: string[]): unknown {
  const value = attributes[name];
  if (rest.length === 0) return value;
  if (Array.isArray(value)) {
    const found = value.filter(isAttributes).map((one) => valueAt(one, rest));
    return found.some((one) => one !== undefined) ? found : undefined;
  }
  return isAttributes(value) ? valueAt(value, rest) : undefined;
}

/** What an upgrade of a stack would destroy or replace, one sentence with what to do about it for each resource. */
export function losses(before: Addresses, now: Deployed): string[] {
  return Object.entries(before).flatMap(([address, values]) => {
    const target = now.moves.get(address) ?? address;
    const current = now.addresses[target];
    if (!current) {
      const write = `keep its construct id, or call moveFromId('${address}') on the resource in its place`;
      return [`${address} is gone, so it would be destroyed: ${write}, or release a new major version`];
    }
    return [...new Set([...Object.keys(values), ...Object.keys(current)])].flatMap((path) => {
      const [was, is] = [show(values[path], now.moves), show(current[path])];
      if (was === is) return [];
      const change = `${path} of ${target} was ${was} and is ${is}`;
      return [`${change}, so it would be replaced: keep the value, or release a new major version`];
    });
  });
}

/** A value as text; references to what was moved follow it. */
function show(value: unknown, moves: Moves = new Map()): string {
  const text = value === undefined ? 'not set' : JSON.stringify(value);
  return [...moves].reduce((moved, [from, to]) => moved.replaceAll(`\${${from}.`, `\${${to}.`), text);
}

/** The version in package.json. */
export function currentVersion(): string {
  const { version }: { readonly version: string } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  );
  return version;
}

/** Where the addresses of a version are kept. */
export function addressesFile(version: string): string {
  return join(DIRECTORY, `addresses.v${version}.json`);
}

/** The versions that a user of `version` may come from without reading what changed: those that `^` lets in. */
export function upgradedFrom(version: string, versions: readonly string[]): string[] {
  return versions.filter((other) => lineOf(other) === lineOf(version));
}

function lineOf(version: string): string {
  return /^(?:0\.)*[1-9]\d*/.exec(version)?.[0] ?? version;
}

/** The versions whose addresses are kept. */
export function keptVersions(): string[] {
  return readdirSync(DIRECTORY).flatMap((name) => /^addresses\.v(.+)\.json$/.exec(name)?.[1] ?? []);
}

/** What a version deployed. */
export function readRelease(version: string): Release {
  return JSON.parse(readFileSync(addressesFile(version), 'utf8'));
}

/** The content of the file for what is deployed now. */
export function renderRelease(now: Readonly<Record<string, Deployed>>): string {
  const release = Object.fromEntries(Object.entries(now).map(([id, { addresses }]) => [id, addresses]));
  return `${JSON.stringify(release, undefined, 2)}\n`;
}
