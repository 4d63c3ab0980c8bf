import { type Nearness, nearness } from '../bucket-regions';
import { block, blocks, list } from './attributes';
import { accountOfService, cloudRunServices } from './cloud-run-services';
import { grantsByAccount } from './grants';
import { oncePerStack, type SynthesizedResource, type SynthesizedStack } from './synthesized-stack';

const BUCKET = 'google_storage_bucket';

/** A bucket that a service may use or mounts, where both say where they are. */
interface BucketUse {
  /** The grant of the bucket, or the service that mounts it without one. */
  readonly by: SynthesizedResource;
  readonly bucket: SynthesizedResource;
  readonly location: string;
  readonly service: SynthesizedResource;
  readonly region: string;
  readonly nearness: Nearness;
}

/** The buckets of a stack, with each service of the stack that was granted one or mounts it. */
export const bucketUses = oncePerStack((stack): readonly BucketUse[] => {
  const buckets = new BucketsByName(stack);
  const grants = grantsByAccount(stack);
  return cloudRunServices(stack).flatMap((service) => {
    const region = stack.text(service.resource.attributes['location']);
    if (region === undefined) return [];
    const mounts = blocks(service.template, 'volumes').map((volume) => block(volume, 'gcs')?.['bucket']);
    const users = new Map(mounts.map((name) => [buckets.find(name), service.resource]));
    for (const { resource } of grants.get(accountOfService(service, stack) ?? '') ?? []) {
      const isOfBucket = resource.type.startsWith('google_storage_bucket_iam_');
      if (isOfBucket) users.set(buckets.find(resource.attributes['bucket']), resource);
    }
    return [...users].flatMap(([bucket, by]) => {
      const location = stack.text(bucket?.attributes['location']);
      if (!bucket || location === undefined) return [];
      const named = list(block(bucket.attributes, 'custom_placement_config'), 'data_locations');
      const known = named.flatMap((one) => stack.text(one) ?? []);
      if (known.length < named.length) return [];
      const dataLocations = known.length > 0 ? known : undefined;
      const near = nearness({ location, dataLocations }, region);
      return { by, bucket, location, service: service.resource, region, nearness: near };
    });
  });
});

/** The buckets of a stack, found by reference or by a name that is known. */
class BucketsByName {
  readonly #stack: SynthesizedStack;
  readonly #byName: ReadonlyMap<string, SynthesizedResource>;

  constructor(stack: SynthesizedStack) {
    this.#stack = stack;
    this.#byName = new Map(
      stack.ofType(BUCKET).flatMap((bucket) => {
        const name = stack.text(bucket.attributes['name']);
        return name === undefined ? [] : [[name, bucket] as const];
      }),
    );
  }

  find(name: unknown): SynthesizedResource | undefined {
    const referenced = this.#stack.referenced(name).find(({ type }) => type === BUCKET);
    return referenced ?? this.#byName.get(this.#stack.text(name) ?? '');
  }
}
