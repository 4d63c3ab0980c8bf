import type { Bucket, BucketMetadata, Storage } from '@google-cloud/storage';
import { DeploymentError } from './deployment-error';
import { asked } from './storage-client';

export interface StateBucketProps {
  readonly name: string;
  /** Where it is made, such as `europe-west1`. */
  readonly region: string;
}

/**
 * An old version of the state is deleted when it is older than this and as many newer ones are there: a mistake is found
 * within three months, and a state that rarely changes keeps its last versions. The state's lock is an object, too, which
 * Terraform makes and deletes in every run.
 */
const KEEP_OLD_VERSIONS_DAYS = 90;
const KEEP_OLD_VERSIONS = 20;
/** Cloud Storage's default, and the least that it takes: 7 days to bring back what was deleted with all its versions. */
const SOFT_DELETE_SEC = 604_800;

type Rule = NonNullable<NonNullable<BucketMetadata['lifecycle']>['rule']>[number];

const OLD_VERSIONS: Rule = {
  action: { type: 'Delete' },
  condition: { daysSinceNoncurrentTime: KEEP_OLD_VERSIONS_DAYS, numNewerVersions: KEEP_OLD_VERSIONS },
};

/** Something that the state relies on. */
interface Setting {
  readonly title: string;
  /** What is said of a bucket that has it. */
  readonly value: string;
  holds(metadata: BucketMetadata): boolean;
  /** What makes it hold, as `buckets.patch` merges it. */
  change(metadata: BucketMetadata): BucketMetadata;
}

const SETTINGS: readonly Setting[] = [
  {
    title: 'versioning',
    value: 'on',
    holds: ({ versioning }) => versioning?.enabled === true,
    change: () => ({ versioning: { enabled: true } }),
  },
  {
    title: 'uniform bucket-level access',
    value: 'on',
    holds: ({ iamConfiguration }) => iamConfiguration?.uniformBucketLevelAccess?.enabled === true,
    change: () => ({ iamConfiguration: { uniformBucketLevelAccess: { enabled: true } } }),
  },
  {
    title: 'public access prevention',
    value: 'enforced',
    holds: ({ iamConfiguration }) => iamConfiguration?.publicAccessPrevention === 'enforced',
    change: () => ({ iamConfiguration: { publicAccessPrevention: 'enforced' } }),
  },
  {
    title: 'old versions',
    value: 'deleted by a lifecycle rule',
    holds: ({ lifecycle }) => (lifecycle?.rule ?? []).some((rule) => deletes(rule) && !takesLive(rule)),
    change: ({ lifecycle }) => ({ lifecycle: { rule: [...(lifecycle?.rule ?? []), OLD_VERSIONS] } }),
  },
  {
    title: 'soft delete',
    value: 'on',
    holds: ({ softDeletePolicy }) => Number(softDeletePolicy?.retentionDurationSeconds ?? 0) > 0,
    change: () => ({ softDeletePolicy: { retentionDurationSeconds: SOFT_DELETE_SEC } }),
  },
];

/**
 * Makes the bucket of Terraform's state, or makes an existing one of the project fit for it. It can be run again at any
 * time. Nothing is to be done for the lock: Terraform's gcs backend locks by itself. Throws DeploymentError.
 *
 * @param storage the project's client.
 * @param report is told each step, in one line.
 */
export async function bootstrapStateBucket(
  storage: Storage,
  props: StateBucketProps,
  report: (line: string) => void,
): Promise<Bucket> {
  const { name, region } = props;
  const { projectId } = storage;
  const existing = await find(storage, name);
  const bucket = existing ?? (await create(storage, props));
  report(`gs://${name}: ${existing ? 'is there' : `made in ${region}`}, in project ${projectId}`);

  for (const setting of SETTINGS) {
    // As Google has it after the step before.
    const { metadata } = bucket;
    const held = setting.holds(metadata);
    if (!held) {
      // Only if nobody has changed the bucket since it was read.
      const unchanged = { ifMetagenerationMatch: Number(metadata.metageneration) };
      const change = bucket.setMetadata(setting.change(metadata), unchanged);
      await asked(`cannot change gs://${name}`, storage, change, {
        412: 'somebody else has changed it meanwhile; run this again',
      });
    }
    report(`${setting.title}: ${setting.value}${held ? '' : ', set now'}`);
  }
  checkLocation(bucket.metadata, region, report);
  checkLifecycle(bucket.metadata, name);
  return bucket;
}

/** Throws DeploymentError when there is certainly no such bucket. */
export async function requireStateBucket(storage: Storage, name: string, environment: string): Promise<void> {
  // Whoever may not see the bucket, or cannot reach Google, may still be right: Terraform says what is wrong.
  const [exists] = await storage
    .bucket(name)
    .exists()
    .catch((): [boolean] => [true]);
  if (exists) return;
  throw new DeploymentError(
    `the state bucket gs://${name} does not exist; run 'npm run bootstrap -- ${environment}' once`,
  );
}

/** The bucket if it is the project's; whether it is, nothing but the project's list says without a look at the project. */
async function find(storage: Storage, name: string): Promise<Bucket | undefined> {
  const { projectId } = storage;
  const listing = storage.getBuckets({ project: projectId, prefix: name });
  const [buckets] = await asked(`cannot list the buckets of project ${projectId}`, storage, listing);
  return buckets.find((bucket) => bucket.name === name);
}

async function create(storage: Storage, { name, region }: StateBucketProps): Promise<Bucket> {
  const { projectId } = storage;
  const creation = storage.createBucket(name, {
    location: region.toUpperCase(),
    versioning: { enabled: true },
    iamConfiguration: { uniformBucketLevelAccess: { enabled: true }, publicAccessPrevention: 'enforced' },
    lifecycle: { rule: [OLD_VERSIONS] },
    softDeletePolicy: { retentionDurationSeconds: SOFT_DELETE_SEC },
  });
  const [bucket] = await asked(`cannot make gs://${name}`, storage, creation, {
    409:
      `it belongs to somebody else, or to another project than ${projectId}: bucket names are shared by all of Google ` +
      `Cloud; choose another "stateBucket" in cdktf.json, such as '${projectId}-terraform-state'`,
  });
  return bucket;
}

function checkLocation({ location }: BucketMetadata, region: string, report: (line: string) => void): void {
  if (location?.toUpperCase() === region.toUpperCase()) return;
  report(
    `location: ${location}, not ${region}; a bucket cannot be moved, and the state can stay where it is`,
  );
}

/** A rule for live objects would delete the state itself, and the next deploy would make everything a second time. */
function checkLifecycle({ lifecycle }: BucketMetadata, name: string): void {
  const index = (lifecycle?.rule ?? []).findIndex((rule) => deletes(rule) && takesLive(rule));
  if (index < 0) return;
  throw new DeploymentError(
    `gs://${name}: lifecycle rule ${index + 1} deletes the state itself, not only old versions; ` +
      'remove it, or give it the condition "isLive": false',
  );
}

function deletes({ action }: Rule): boolean {
  return action.type === 'Delete';
}

/** Conditions that only an old version meets (https://cloud.google.com/storage/docs/lifecycle). */
function takesLive({ condition }: Rule): boolean {
  return (
    condition.isLive !== false &&
    condition.daysSinceNoncurrentTime === undefined &&
    condition.noncurrentTimeBefore === undefined &&
    condition.numNewerVersions === undefined
  );
}
