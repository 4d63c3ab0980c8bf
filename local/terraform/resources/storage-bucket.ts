/** google_storage_bucket. */

import type { Iam } from '../../iam/iam';
import { bucketIamName } from '../../storage/access';
import type { Bucket, BucketRecord, BucketSettings } from '../../storage/bucket';
import { SOFT_DELETE_DEFAULT_SEC } from '../../storage/bucket-fields';
import type { CloudStorage } from '../../storage/cloud-storage';
import { locationType } from '../../storage/locations';
import { projectNumber } from '../../project-number';
import { bucketLink } from '../../storage/resources';
import { planLabels, readLabels } from '../labels';
import { type Attributes, ResourceError, type ResourceType, UNKNOWN } from '../resource-type';
import { ApiObjectCodec } from './api-object-codec';
import { blocks, mapBlocks, planDefaults, refuseErrors, requiredText, text } from './attributes';
import { validateBucket } from './storage-bucket-rules';
import { inGooglesWords } from './storage-errors';

interface StorageProducts {
  readonly storage: CloudStorage;
  readonly iam: Iam;
}

/** What the JSON API calls the same. */
const codec = new ApiObjectCodec<{
  readonly storageClass: string;
  readonly rpo?: string;
  readonly effectiveLabels?: Readonly<Record<string, string>>;
  readonly lifecycleRule?: readonly { readonly condition?: object }[];
}>({
  storage_class: 'value',
  rpo: 'value',
  effective_labels: 'value',
  lifecycle_rule: {
    many: {
      action: { one: { type: 'value', storage_class: 'value' } },
      condition: {
        one: {
          age: 'value',
          created_before: 'value',
          custom_time_before: 'value',
          days_since_custom_time: 'value',
          days_since_noncurrent_time: 'value',
          matches_prefix: 'value',
          matches_storage_class: 'value',
          matches_suffix: 'value',
          noncurrent_time_before: 'value',
          num_newer_versions: 'value',
        },
      },
    },
  },
});

/**
 * `google_storage_bucket`. `location` stays in the state as it was first written, because Terraform forbids a provider
 * to change what is configured; the real one shows it in upper case, as the bucket itself does.
 */
export const storageBucket: ResourceType<StorageProducts> = {
  type: 'google_storage_bucket',
  replaceOn: ['name', 'location', 'project'],
  changedByUpdate: ['updated'],
  defaults: ['storage_class', 'force_destroy', 'soft_delete_policy.retention_duration_seconds'],
  validate: validateBucket,

  plan(planned, request) {
    planLabels(planned, request);
    planDefaults(planned, request, { storage_class: 'STANDARD', force_destroy: false });
    planned['uniform_bucket_level_access'] ??= false;
    planned['public_access_prevention'] ??= 'inherited';
    const name = text(planned, 'name');
    if (name !== undefined)
      Object.assign(planned, { id: name, self_link: bucketLink(name), url: `gs://${name}` });
    const project = text(planned, 'project');
    if (project !== undefined) planned['project_number'] = projectNumber(project);
    const location = text(planned, 'location');
    const before = text(request.prior ?? {}, 'location');
    // The same location in another case is no change.
    if (before !== undefined && before.toUpperCase() === location?.toUpperCase())
      planned['location'] = before;
    // A region has no replication to speak of.
    if (location !== undefined && locationType(location) !== 'region') planned['rpo'] ??= 'DEFAULT';
    planLifecycle(planned);
    planSoftDelete(planned, request.prior);
  },

  async create(planned, { products: { storage } }) {
    refuseErrors(validateBucket(planned));
    const bucket = inGooglesWords(() =>
      storage.createBucket({
        name: requiredText(planned, 'name'),
        projectId: requiredText(planned, 'project'),
        location: requiredText(planned, 'location'),
        ...settingsOf(planned, undefined),
      }),
    );
    return attributesOf(bucket, planned);
  },

  async read(state, { products: { storage } }) {
    const bucket = storage.bucket(requiredText(state, 'name'));
    return bucket ? { ...attributesOf(bucket, state), ...readLabels(state, bucket.record.labels) } : null;
  },

  async update(planned, _prior, { products: { storage } }) {
    refuseErrors(validateBucket(planned));
    const name = requiredText(planned, 'name');
    const bucket = inGooglesWords(() =>
      storage.updateBucket(name, settingsOf(planned, storage.requireBucket(name).record)),
    );
    return attributesOf(bucket, planned);
  },

  async delete(state, { products: { storage, iam } }) {
    const name = requiredText(state, 'name');
    const bucket = storage.bucket(name);
    if (!bucket) return;
    if (state['force_destroy'] === true) {
      for (const object of bucket.list({ versions: true })) bucket.delete(object.name, object.generation, {});
    }
    try {
      inGooglesWords(() => storage.deleteBucket(name));
    } catch (cause) {
      if (!(cause instanceof ResourceError)) throw cause;
      throw new ResourceError(
        `Error trying to delete bucket ${name} containing objects without \`force_destroy\` set to true: ${cause.message}`,
        { cause, detail: 'Delete the objects, or apply "force_destroy = true" first and destroy then.' },
      );
    }
    iam.deletePolicy(bucketIamName(name));
  },

  async import(id, { products: { storage } }) {
    const bucket = storage.bucket(id.replace(/^[^/]+\//, ''));
    if (!bucket) return null;
    const { record } = bucket;
    const imported: Attributes = {
      name: record.name,
      project: record.projectId,
      location: record.location,
      storage_class: record.storageClass,
      force_destroy: false,
      labels: null,
      terraform_labels: {},
      effective_labels: { ...record.labels },
      uniform_bucket_level_access: record.uniformBucketLevelAccess,
      public_access_prevention: record.publicAccessPrevention,
      rpo: record.rpo,
      versioning: [{ enabled: record.versioning }],
    };
    return attributesOf(bucket, imported);
  },
};

/** Objects of either state are matched where a rule does not say. */
function planLifecycle(planned: Attributes): void {
  mapBlocks(planned, 'lifecycle_rule', (rule) => {
    mapBlocks(rule, 'condition', (condition) => {
      condition['with_state'] ??= 'ANY';
    });
  });
}

function planSoftDelete(planned: Attributes, prior: Attributes | null): void {
  const before = prior && blocks(prior, 'soft_delete_policy')[0];
  mapBlocks(planned, 'soft_delete_policy', (policy) => {
    policy['retention_duration_seconds'] ??= SOFT_DELETE_DEFAULT_SEC;
    const same = before?.['retention_duration_seconds'] === policy['retention_duration_seconds'];
    policy['effective_time'] = same ? (before['effective_time'] ?? null) : UNKNOWN;
  });
}

/**
 * Blocks that the real schema also computes, such as `versioning`, keep what they were when they are taken out.
 *
 * @param before What the bucket is; undefined for a new one.
 */
function settingsOf(planned: Attributes, before: BucketRecord | undefined): BucketSettings {
  const { storageClass, rpo, effectiveLabels, lifecycleRule } = codec.toApi(planned);
  const versioning = blocks(planned, 'versioning')[0];
  const retention = blocks(planned, 'soft_delete_policy')[0]?.['retention_duration_seconds'];
  const states = blocks(planned, 'lifecycle_rule').map(stateOf);
  return {
    storageClass,
    labels: effectiveLabels ?? {},
    versioning: versioning ? versioning['enabled'] === true : (before?.versioning ?? false),
    uniformBucketLevelAccess: planned['uniform_bucket_level_access'] === true,
    publicAccessPrevention: planned['public_access_prevention'] === 'enforced' ? 'enforced' : 'inherited',
    rpo: rpo ?? null,
    lifecycleRules: (lifecycleRule ?? []).map((rule, index) => ({
      ...rule,
      condition: { ...rule.condition, ...states[index] },
    })),
    softDeleteRetentionSec:
      typeof retention === 'number' ? retention : (before?.softDeleteRetentionSec ?? SOFT_DELETE_DEFAULT_SEC),
  };
}

/** The JSON API has a boolean for what Terraform has a word for. */
function stateOf(rule: Attributes): { readonly isLive?: boolean } {
  const state = blocks(rule, 'condition')[0]?.['with_state'];
  return state === 'LIVE' || state === 'ARCHIVED' ? { isLive: state === 'LIVE' } : {};
}

function attributesOf(bucket: Bucket, prior: Attributes): Attributes {
  const { record } = bucket;
  return {
    ...prior,
    id: record.name,
    self_link: bucketLink(record.name),
    url: `gs://${record.name}`,
    project_number: projectNumber(record.projectId),
    time_created: record.timeCreated,
    updated: record.updated,
    rpo: record.rpo,
    soft_delete_policy: blocks(prior, 'soft_delete_policy').map((policy) => ({
      ...policy,
      effective_time: text(policy, 'effective_time') ?? record.updated,
    })),
  };
}
