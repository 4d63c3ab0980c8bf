import { StorageBucket } from '@cdktf/provider-google/lib/storage-bucket';
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member';
import { Fn, Token } from 'cdktf';
import { Construct } from 'constructs';
import type { IBucket } from './bucket-location';
import type { DeploymentEnvironment } from './deployment-environment';
import { enableApi } from './google-project';
import { checkLabels } from './labels';
import { ROLES } from './roles';
import { checkNumber, ValidationError } from './validation';

const SECONDS_PER_DAY = 86_400;
/** Cloud Storage's default, and the least it keeps soft-deleted objects for. */
const SOFT_DELETE_DAYS = 7;

export interface CoLocatedBucketOptions {
  /**
   * Days for which a replaced or deleted object is kept as an old version, 1 to 3650.
   *
   * @default 30
   */
  readonly keepOldVersionsDays?: number;
  /**
   * Labels of the bucket, which appear on the bill, beside those of its service, or instead of those with the same key.
   *
   * @default - the labels of the service
   */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface CoLocatedBucketProps extends CoLocatedBucketOptions {
  /** Globally unique name of the bucket. */
  readonly bucketName: string;
  /** Region of the service that uses the bucket. */
  readonly region: string;
  readonly environment: DeploymentEnvironment;
}

/**
 * A private, versioned bucket in the region of its service: there is no way to put it elsewhere, because every access
 * from another region adds a round trip between regions to the request. `TracedCloudRunService.addBucket()` makes it.
 */
export class CoLocatedBucket extends Construct implements IBucket {
  /** The one region that holds the objects, known at synth unless the service's is a token. */
  readonly dataLocations: readonly [string];
  readonly #bucket: StorageBucket;

  constructor(scope: Construct, id: string, props: CoLocatedBucketProps) {
    super(scope, id);
    const { path } = this.node;
    const keepOldVersionsDays = props.keepOldVersionsDays ?? 30;
    checkNumber(path, 'keepOldVersionsDays', keepOldVersionsDays, { min: 1, max: 3650 });
    checkBucketName(path, props.bucketName);
    const { labels = {} } = props;
    checkLabels(path, labels);

    this.dataLocations = [props.region];
    this.#bucket = new StorageBucket(this, 'Default', {
      name: props.bucketName,
      // Cloud Storage stores locations in upper case and compares them as they are stored.
      location: Token.isUnresolved(props.region) ? Fn.upper(props.region) : props.region.toUpperCase(),
      ...(Object.keys(labels).length > 0 && { labels: { ...labels } }),
      uniformBucketLevelAccess: true,
      publicAccessPrevention: 'enforced',
      forceDestroy: props.environment.disposable,
      versioning: { enabled: true },
      lifecycleRule: [
        { action: { type: 'Delete' }, condition: { daysSinceNoncurrentTime: keepOldVersionsDays } },
      ],
      softDeletePolicy: { retentionDurationSeconds: SOFT_DELETE_DAYS * SECONDS_PER_DAY },
      dependsOn: [enableApi(this, 'storage')],
    });
  }

  /** Name of the bucket, by reference to it. */
  get name(): string {
    return this.#bucket.name;
  }

  /** Location as Cloud Storage spells it, such as `EUROPE-WEST1`, by reference to the bucket. */
  get location(): string {
    return this.#bucket.location;
  }

  /** Lets an IAM member read, write and delete objects, and returns the grant. */
  grantObjectUse(id: string, member: string): StorageBucketIamMember {
    return new StorageBucketIamMember(this, id, {
      bucket: this.#bucket.name,
      role: ROLES.objectUser,
      member,
    });
  }
}

/** Cloud Storage refuses names with `google` in them, and names that start with `goog`. */
function checkBucketName(path: string, name: string): void {
  if (Token.isUnresolved(name) || !/google|^goog/.test(name)) return;
  throw new ValidationError(
    'TCR015',
    path,
    `the bucket would be called '${name}', and Cloud Storage refuses names with 'google' in them; ` +
      'call the service or the bucket something else',
  );
}
