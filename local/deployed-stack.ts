import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Stack, type StackResource, type StackService, TURNING_OFF } from './trace/stack';

/** As much of a service of Cloud Run as an explanation needs. */
interface DeployedService {
  readonly spec: {
    readonly name: string;
    readonly location: string;
    readonly template: {
      readonly container: { readonly env: Readonly<Record<string, string>> };
      readonly serviceAccount: string;
    };
  };
  readonly uri: string;
  readonly createTime: string;
}

export interface Deployed {
  readonly services: readonly DeployedService[];
  readonly buckets: readonly { readonly name: string; readonly location: string }[];
}

/**
 * What is deployed, for the explanation of a trace that began at `asOf` (milliseconds since the epoch): a service that
 * was made later has its URL from then on only, and the port in it may have been another one's before.
 *
 * @param outputDirectory where cdktf has put the synthesized stacks, which tell addresses and constructs.
 */
export function deployedStack({ services, buckets }: Deployed, outputDirectory: string, asOf: number): Stack {
  const written = synthesizedResources(outputDirectory);
  return {
    services: services.map(({ spec, uri, createTime }) => {
      const { env } = spec.template.container;
      return {
        ...(written.get(`google_cloud_run_v2_service/${spec.name}`) ?? { address: spec.name }),
        name: spec.name,
        spanService: env['OTEL_SERVICE_NAME'] ?? spec.name,
        location: spec.location,
        account: spec.template.serviceAccount,
        ...(Date.parse(createTime) <= asOf && { uri }),
        calls: calledBy(env, services),
        ...turnedOff(env),
      };
    }),
    buckets: buckets.map(({ name, location }) => ({
      ...(written.get(`google_storage_bucket/${name}`) ?? { address: name }),
      name,
      location,
    })),
  };
}

/** The services whose URL is in the environment: that is how one service learns of another. */
function calledBy(env: Readonly<Record<string, string>>, services: readonly DeployedService[]): string[] {
  const origins = Object.values(env).flatMap((value) => (URL.canParse(value) ? [new URL(value).origin] : []));
  return services.filter(({ uri }) => origins.includes(new URL(uri).origin)).map(({ spec }) => spec.name);
}

function turnedOff(env: Readonly<Record<string, string>>): Pick<StackService, 'turnedOffBy'> {
  for (const variable of ['OTEL_SDK_DISABLED', 'OTEL_TRACES_EXPORTER'] as const)
    if (env[variable]?.toLowerCase() === TURNING_OFF[variable]) return { turnedOffBy: variable };
  return {};
}

/** What `cdk.tf.json` says of a resource, as far as it is read here. */
interface Synthesized {
  readonly name?: unknown;
  readonly '//'?: { readonly metadata?: { readonly path?: unknown } };
}

/** `TYPE/NAME` -> where it is written, of all synthesized stacks. A name that is an expression names nothing. */
function synthesizedResources(outputDirectory: string): ReadonlyMap<string, StackResource> {
  const found = new Map<string, StackResource>();
  const stacks = join(outputDirectory, 'stacks');
  for (const stack of existsSync(stacks) ? readdirSync(stacks) : []) {
    const file = join(stacks, stack, 'cdk.tf.json');
    if (!existsSync(file)) continue;
    const { resource = {} }: { resource?: Record<string, Record<string, Synthesized>> } = JSON.parse(
      readFileSync(file, 'utf8'),
    );
    for (const [type, resources] of Object.entries(resource)) {
      for (const [id, { name, '//': note }] of Object.entries(resources)) {
        const path = note?.metadata?.path;
        found.set(`${type}/${String(name)}`, {
          address: `${type}.${id}`,
          // `Default` is the main resource of the construct above it.
          ...(typeof path === 'string' && { construct: path.replace(/\/Default$/, '') }),
        });
      }
    }
  }
  return found;
}
