/** Composes stacks for tests and looks at what they synthesize. */

import { tmpdir } from 'node:os';
import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { AnnotationMetadataEntryType, type App, TerraformStack, Testing } from 'cdktf';
import type { IConstruct } from 'constructs';
import { CloudRunPolicy, DeploymentEnvironment } from '../../constructs';

/** Attributes of one resource in Terraform's JSON syntax. */
export type Attributes = Readonly<Record<string, unknown>>;

export interface Synthesized {
  /** By address, such as `google_storage_bucket.documents`. */
  readonly resources: Readonly<Record<string, Attributes>>;
  readonly outputs: Readonly<Record<string, Attributes>>;
  /** The `terraform` block. */
  readonly terraform: Attributes;
  /** The whole, as text. */
  readonly json: string;
}

interface StackJson {
  readonly resource?: Record<string, Record<string, Attributes>>;
  readonly output?: Record<string, Attributes>;
  readonly terraform: Attributes;
}

/** An app that writes nothing: its output directory exists already. */
export function testApp(): App {
  return Testing.app({ outdir: tmpdir() });
}

/**
 * An empty stack with a google provider for `my-project` in `europe-west1`. Its policy lets images move and services be
 * destroyed, which most tests are not about.
 */
export function testStack(id = 'shop', app: App = testApp()): TerraformStack {
  const stack = new TerraformStack(app, id);
  new GoogleProvider(stack, 'google', { project: 'my-project', region: 'europe-west1' });
  CloudRunPolicy.applyTo(stack, { environment: DeploymentEnvironment.local() });
  return stack;
}

/** Synthesizes a stack with its validations. */
export function synth(stack: TerraformStack): Synthesized {
  const json = Testing.synth(stack, true);
  const parsed: StackJson = JSON.parse(json);
  const resources = Object.entries(parsed.resource ?? {}).flatMap(([type, byName]) =>
    Object.entries(byName).map(([name, attributes]) => [`${type}.${name}`, attributes] as const),
  );
  return {
    resources: Object.fromEntries(resources),
    outputs: parsed.output ?? {},
    terraform: parsed.terraform,
    json,
  };
}

/** Type of the metadata that `Annotations` adds. */
const WARNING: string = AnnotationMetadataEntryType.WARN;

/** What every synth of a construct's tree warns of. */
export function warnings(scope: IConstruct): string[] {
  return scope.node
    .findAll()
    .flatMap(({ node }) => node.metadata)
    .flatMap(({ type, data }) => (type === WARNING ? [String(data)] : []));
}

/** Code of the first mistake that an action is refused for; undefined when it is not. */
export function refusalCode(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    const [code] = /TCR\d{3}/.exec(String(error)) ?? [];
    if (code === undefined) throw error;
    return code;
  }
}

/** Addresses of the resources of one type, sorted. */
export function addresses(synthesized: Synthesized, type: string): string[] {
  return Object.keys(synthesized.resources)
    .filter((address) => address.startsWith(`${type}.`))
    .toSorted();
}

/** The resource of a type, which must be the only one of its type unless part of its address is given. */
export function resource(synthesized: Synthesized, type: string, part = ''): Attributes {
  const found = addresses(synthesized, type).filter((address) => address.includes(part));
  const [address = ''] = found;
  if (found.length !== 1) throw new Error(`${type} with '${part}': ${JSON.stringify(found)}`);
  return synthesized.resources[address] ?? {};
}

/** Every address that a resource must wait for: what it depends on or refers to, and what those wait for. */
export function waitsFor(synthesized: Synthesized, address: string): Set<string> {
  const all = Object.keys(synthesized.resources);
  const found = new Set<string>();
  const visit = (current: string): void => {
    const text = JSON.stringify(synthesized.resources[current]);
    for (const other of all) {
      const refers = text.includes(`${other}.`) || text.includes(`"${other}"`);
      if (other === current || found.has(other) || !refers) continue;
      found.add(other);
      visit(other);
    }
  };
  visit(address);
  return found;
}

/** A Cloud Run service as it is synthesized. */
interface ServiceJson {
  readonly name: string;
  readonly location: string;
  readonly template: {
    readonly service_account: string;
    readonly timeout: string;
    readonly max_instance_request_concurrency: number | string;
    readonly scaling: Attributes;
    readonly volumes?: readonly Attributes[];
    readonly containers: readonly {
      readonly image: string;
      readonly env: readonly { readonly name: string; readonly value: string }[];
      readonly ports: Attributes;
      readonly resources: Attributes;
      readonly startup_probe: Attributes;
      readonly liveness_probe: Attributes;
      readonly volume_mounts?: readonly Attributes[];
    }[];
    readonly [attribute: string]: unknown;
  };
  readonly [attribute: string]: unknown;
}

/** The service of a stack with one container, which must be the only one unless part of its address is given. */
export function cloudRunService(synthesized: Synthesized, part = '') {
  const service: ServiceJson = JSON.parse(
    JSON.stringify(resource(synthesized, 'google_cloud_run_v2_service', part)),
  );
  const { template } = service;
  const [container] = template.containers;
  if (!container || template.containers.length !== 1) throw new Error('not one container');
  const env = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
  return { service, template, container, env };
}
