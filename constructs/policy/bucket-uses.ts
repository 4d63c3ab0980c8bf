import { nearness } from '../bucket-regions';
import { block, blocks, list } from './attributes';
import { accountOfService, cloudRunServices } from './cloud-run-services';
import { grantsOf } from './grants';
import type { SynthesizedResource, SynthesizedStack } from './synthesized-stack';

/** A bucket that a service may use or mounts, where both say where they are. */
interface BucketUse {
  readonly bucket: SynthesizedResource;
  readonly location: string;
  readonly service: SynthesizedResource;
  readonly region: string;
  readonly nearness: ReturnType<typeof nearness>;
}

/** The buckets of a stack, with each service of the stack that was granted one or mounts it. */
export function bucketUses(stack: SynthesizedStack): BucketUse[] {
  const services = cloudRunServices(stack);
  const grants = grantsOf(stack).filter(({ resource }) =>
    resource.type.startsWith('google_storage_bucket_iam_'),
  );
  return services.flatMap((service) => {
    const account = accountOfService(service, stack);
    const region = stack.text(service.resource.attributes['location']);
    const named = [
      ...grants
        .filter(({ accounts }) => account !== undefined && accounts.includes(account))
        .map(({ resource }) => resource.attributes['bucket']),
      ...blocks(service.template, 'volumes').map((volume) => block(volume, 'gcs')?.['bucket']),
    ];
    return bucketsNamed(named, stack).flatMap((bucket) => {
      const location = stack.text(bucket.attributes['location']);
      if (location === undefined || region === undefined) return [];
      const placement = list(block(bucket.attributes, 'custom_placement_config'), 'data_locations');
      const regions = placement.flatMap((one) => stack.text(one) ?? []);
      return {
        bucket,
        location,
        service: service.resource,
        region,
        nearness: nearness(location, regions, region),
      };
    });
  });
}

/** Buckets by reference, or by a name that is known. */
function bucketsNamed(values: readonly unknown[], stack: SynthesizedStack): SynthesizedResource[] {
  const names = new Set(values.flatMap((value) => stack.text(value) ?? []));
  const referenced = stack.referenced(values);
  return stack
    .ofType('google_storage_bucket')
    .filter(
      (bucket) => referenced.includes(bucket) || names.has(stack.text(bucket.attributes['name']) ?? ''),
    );
}
