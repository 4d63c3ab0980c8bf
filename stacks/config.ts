import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
// Not from the index: it would load cdktf and the google provider, which a wrong configuration can do without.
import { DeploymentEnvironment } from '../constructs/deployment-environment';
import { ImageBuilder } from '../constructs/image-builder';
import { REGION, REGION_RULE } from '../constructs/region';

/** Where and how one environment is deployed. */
export interface EnvironmentConfig {
  readonly environment: DeploymentEnvironment;
  readonly projectId: string;
  /** Such as `europe-west1`. */
  readonly region: string;
  /** Who gets the alerts. */
  readonly notificationEmail: string;
  /** Bucket of Terraform's state; without it the state is a file. */
  readonly stateBucket?: string;
  /** What builds the images of the services; without it Cloud Build does. */
  readonly imageBuilder?: ImageBuilder;
}

/** Id of the pipeline's stack in an environment, as `cdktf deploy` takes it. */
export function stackId(environment: string): string {
  return `document-pipeline-${environment}`;
}

/** File of a stack's state where there is no state bucket, beside cdktf.json, where cdktf keeps it by default. */
export function localStateFile(stack: string): string {
  return `terraform.${stack}.tfstate`;
}

/** Everything that is wrong with a configuration, one line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

const ENVIRONMENTS = new Map([
  ['local', DeploymentEnvironment.local()],
  ['staging', DeploymentEnvironment.staging()],
  ['production', DeploymentEnvironment.production()],
]);

const IMAGE_BUILDERS = new Map<string, ImageBuilder>(
  [ImageBuilder.cloudBuild(), ImageBuilder.docker()].map((builder) => [builder.name, builder]),
);

interface Rule {
  readonly pattern: RegExp;
  readonly allowed: string;
  readonly optional?: boolean;
}

const RULES: Readonly<Record<string, Rule>> = {
  // Resource Manager: 6 to 30 characters.
  projectId: {
    pattern: /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
    allowed: "a Google Cloud project id, such as 'my-project-123'",
  },
  region: {
    pattern: REGION,
    allowed: REGION_RULE,
  },
  notificationEmail: {
    pattern: /^[^@\s]+@[^@\s]+\.[^@\s]+$/,
    allowed: "an e-mail address, such as 'on-call@example.com'",
  },
  stateBucket: {
    pattern: /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/,
    allowed: "the name of a Cloud Storage bucket, such as 'my-project-123-terraform-state'",
    optional: true,
  },
  imageBuilder: {
    pattern: new RegExp(`^(?:${[...IMAGE_BUILDERS.keys()].join('|')})$`),
    allowed: [...IMAGE_BUILDERS.keys()].map((name) => `'${name}'`).join(' or '),
    optional: true,
  },
};

const LOCAL_PREFIX = 'local-';

/**
 * The environments that `context.environments` of a cdktf.json configures, in the order of the file.
 * Throws ConfigError with everything that is wrong with it.
 */
export function readConfig(file: string): EnvironmentConfig[] {
  const problems: string[] = [];
  const key = 'context.environments';
  const environments = lookUp(readJson(file), ['context', 'environments']);
  const at = `${basename(file)}: ${key}`;
  if (!isObject(environments) || Object.keys(environments).length === 0) {
    throw new ConfigError([`${at} is ${show(environments)}, allowed is an object with ${names()}`]);
  }
  const configs = Object.entries(environments).flatMap(([name, values]) => {
    const environment = ENVIRONMENTS.get(name);
    if (!environment) {
      problems.push(`${at}.${name} is unknown, allowed is ${names()}`);
      return [];
    }
    return [readEnvironment(`${at}.${name}`, environment, values, problems)];
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return configs;
}

function readEnvironment(
  at: string,
  environment: DeploymentEnvironment,
  values: unknown,
  problems: string[],
): EnvironmentConfig {
  const given: Record<string, unknown> = isObject(values) ? values : {};
  const keys = Object.keys(RULES);
  if (!isObject(values))
    problems.push(`${at} is ${show(values)}, allowed is an object with ${keys.join(', ')}`);
  for (const key of Object.keys(given)) {
    if (!keys.includes(key)) problems.push(`${at}.${key} is unknown, allowed is ${keys.join(', ')}`);
  }
  const text = (key: string): string => {
    const value = given[key];
    const rule = RULES[key];
    if (rule === undefined || (value === undefined && rule.optional)) return '';
    if (typeof value === 'string' && rule.pattern.test(value)) return value;
    if (isObject(values)) problems.push(`${at}.${key} is ${show(value)}, allowed is ${rule.allowed}`);
    return '';
  };
  const projectId = text('projectId');
  const stateBucket = text('stateBucket');
  const imageBuilder = IMAGE_BUILDERS.get(text('imageBuilder'));
  const config = {
    environment,
    projectId,
    region: text('region'),
    notificationEmail: text('notificationEmail'),
    ...(stateBucket && { stateBucket }),
    ...(imageBuilder && { imageBuilder }),
  };
  problems.push(...checkSeparation(at, environment.name === 'local', projectId, stateBucket));
  return config;
}

/** Keeps what is deployed to the local cloud apart from what is deployed to Google. */
function checkSeparation(at: string, isLocal: boolean, projectId: string, stateBucket: string): string[] {
  const problems: string[] = [];
  if (projectId && projectId.startsWith(LOCAL_PREFIX) !== isLocal) {
    const allowed = isLocal
      ? `a project id that starts with '${LOCAL_PREFIX}', so that it is never a real project`
      : `a project id that does not start with '${LOCAL_PREFIX}', which is kept for the local cloud`;
    problems.push(`${at}.projectId is '${projectId}', allowed is ${allowed}`);
  }
  if (isLocal && stateBucket) {
    problems.push(
      `${at}.stateBucket is '${stateBucket}', allowed is nothing: the local cloud keeps its own state`,
    );
  }
  return problems;
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ConfigError([`${file} cannot be read as JSON (${String(error).replaceAll(/\s+/g, ' ')})`]);
  }
}

function lookUp(value: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((found, key) => (isObject(found) ? found[key] : undefined), value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return value === undefined ? 'missing' : typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}

function names(): string {
  return [...ENVIRONMENTS.keys()].join(', ');
}
