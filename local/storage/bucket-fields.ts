import type { BucketSettings } from './bucket';
import { locationType } from './locations';
import { invalid, notModelled } from './storage-error';

/** Google's default, 7 days, and the range it takes besides 0, which is off. */
export const SOFT_DELETE_DEFAULT_SEC = 604_800;
const SOFT_DELETE_MAX_SEC = 7_776_000;

const STORAGE_CLASSES = ['STANDARD', 'MULTI_REGIONAL', 'REGIONAL', 'NEARLINE', 'COLDLINE', 'ARCHIVE'];

/** Fields that would change how a bucket behaves, with what they are for. */
const NOT_MODELLED: Readonly<Record<string, string>> = {
  acl: 'access control lists',
  autoclass: 'Autoclass',
  billing: 'billing of the requester',
  cors: 'CORS',
  customPlacementConfig: 'configurable dual-regions',
  defaultEventBasedHold: 'default event-based holds',
  defaultObjectAcl: 'access control lists',
  encryption: 'customer-managed encryption keys',
  hierarchicalNamespace: 'hierarchical namespaces',
  ipFilter: 'IP filters',
  logging: 'access logs',
  objectRetention: 'object retention',
  retentionPolicy: 'retention policies',
  website: 'website configurations',
};

type Resource = Readonly<Record<string, unknown>>;

/** The settings of a bucket that its maker says nothing about. */
export function defaultSettings(location: string): BucketSettings {
  return {
    storageClass: 'STANDARD',
    labels: {},
    versioning: false,
    uniformBucketLevelAccess: false,
    publicAccessPrevention: 'inherited',
    rpo: locationType(location) === 'region' ? null : 'DEFAULT',
    lifecycleRules: [],
    softDeleteRetentionSec: SOFT_DELETE_DEFAULT_SEC,
  };
}

/**
 * `settings` with what a JSON bucket resource says of them, merged as the JSON API's `patch` does: what is null goes back
 * to its default. Throws 400 for a value that Cloud Storage does not take, and 501 for a field that is not modelled.
 */
export function applySettings(
  settings: BucketSettings,
  resource: Resource,
  location: string,
): BucketSettings {
  for (const [field, feature] of Object.entries(NOT_MODELLED)) {
    const value = resource[field];
    if (value !== undefined && value !== null && value !== false) throw notModelled(feature);
  }
  const defaults = defaultSettings(location);
  const iam = 'iamConfiguration';
  const choose = <Name extends keyof BucketSettings>(
    name: Name,
    path: readonly string[],
    parse: (value: unknown, field: string) => BucketSettings[Name],
  ): BucketSettings[Name] => {
    const value = valueAt(resource, path);
    if (value === undefined) return settings[name];
    return value === null ? defaults[name] : parse(value, path.join('.'));
  };
  return {
    storageClass: choose('storageClass', ['storageClass'], oneOf(STORAGE_CLASSES)),
    labels: choose('labels', ['labels'], (value, field) => mergeLabels(settings.labels, value, field)),
    versioning: choose('versioning', ['versioning', 'enabled'], parseBoolean),
    uniformBucketLevelAccess: choose(
      'uniformBucketLevelAccess',
      [iam, 'uniformBucketLevelAccess', 'enabled'],
      parseBoolean,
    ),
    publicAccessPrevention: choose(
      'publicAccessPrevention',
      [iam, 'publicAccessPrevention'],
      oneOf(['inherited', 'enforced']),
    ),
    rpo: choose('rpo', ['rpo'], oneOf(['DEFAULT', 'ASYNC_TURBO'])),
    lifecycleRules: choose('lifecycleRules', ['lifecycle', 'rule'], parseList),
    softDeleteRetentionSec: choose(
      'softDeleteRetentionSec',
      ['softDeletePolicy', 'retentionDurationSeconds'],
      parseRetention,
    ),
  };
}

/** What is wrong with a time that deleted objects are kept for; undefined when nothing is. */
export function softDeleteProblem(seconds: number): string | undefined {
  if (seconds === 0 || (seconds >= SOFT_DELETE_DEFAULT_SEC && seconds <= SOFT_DELETE_MAX_SEC))
    return undefined;
  return `Allowed are 0, which turns it off, and ${SOFT_DELETE_DEFAULT_SEC} to ${SOFT_DELETE_MAX_SEC} (7 to 90 days).`;
}

/** Null where anything on the way is. */
function valueAt(resource: Resource, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => {
    if (value === undefined || value === null) return value;
    if (!isResource(value)) throw invalid(`Invalid value for field ${path.join('.')}`);
    return value[name];
  }, resource);
}

function isResource(value: unknown): value is Resource {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseBoolean(value: unknown, field: string): boolean {
  if (typeof value !== 'boolean') throw invalid(`Invalid value for field ${field}`);
  return value;
}

function parseList(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(`Invalid value for field ${field}`);
  return value;
}

function oneOf<Choice extends string>(choices: readonly Choice[]): (value: unknown, field: string) => Choice {
  return (value, field) => {
    const choice = choices.find((each) => each === value);
    if (choice === undefined) throw invalid(`Invalid value for field ${field}: ${JSON.stringify(value)}`);
    return choice;
  };
}

/** A number of 64 bits, which JSON has as text. */
function parseRetention(value: unknown, field: string): number {
  const seconds = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  const problem = typeof seconds === 'number' ? softDeleteProblem(seconds) : 'It must be a number.';
  if (typeof seconds !== 'number' || problem !== undefined) {
    throw invalid(`Invalid value for field ${field}: ${JSON.stringify(value)}. ${problem}`);
  }
  return seconds;
}

function mergeLabels(
  labels: BucketSettings['labels'],
  value: unknown,
  field: string,
): BucketSettings['labels'] {
  if (!isResource(value)) throw invalid(`Invalid value for field ${field}`);
  const merged: Record<string, string> = { ...labels };
  for (const [key, label] of Object.entries(value)) {
    if (label === null) delete merged[key];
    else if (typeof label === 'string') merged[key] = label;
    else throw invalid(`Invalid value for field ${field}.${key}`);
  }
  return merged;
}
