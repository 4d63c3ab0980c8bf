import { StorageBucket } from '@cdktf/provider-google/lib/storage-bucket';
import { Token } from 'cdktf';
import { nearness, regionsOf } from './bucket-regions';
import type { PolicyRuleId } from './policy';
import { CROSS_REGION_COST } from './region-cost';
import { ValidationError } from './validation';

/** A bucket as a service that uses it needs it. */
export interface IBucket {
  /** Globally unique name. */
  readonly name: string;
  /** Location in any spelling: a region, a dual-region such as `EUR4`, or a multi-region such as `EU`. */
  readonly location: string;
  /**
   * Regions that hold the objects.
   *
   * @default - those that the location stands for; a configurable dual-region must name its two
   */
  readonly dataLocations?: readonly string[] | undefined;
}

/** A bucket that a service may use: its attributes, one of `addBucket()`, or the provider's own resource. */
export type UsableBucket = IBucket | StorageBucket;

export interface BucketUseOptions {
  /**
   * Whether the service may only read objects.
   *
   * @default false
   */
  readonly readOnly?: boolean;
  /**
   * Why the bucket has to be in another region than the service. Synth then warns, with this reason, instead of
   * refusing it.
   *
   * @default - a bucket in another region is refused
   */
  readonly regionMismatchReason?: string;
}

/** Where a bucket is, in upper case. */
interface Place {
  readonly location: string;
  readonly dataLocations: readonly string[] | undefined;
}

/** What is accepted with a warning, and the policy's rule that would say the same again. */
interface LocationWarning {
  readonly message: string;
  readonly ruleId: PolicyRuleId;
}

/**
 * Compares where a bucket and its service are, in any spelling; tokens pass. Returns what to warn of: a multi-region,
 * whose nearest copy may be elsewhere, or a mismatch that has a reason. Throws TCR029 for a mismatch without one, and
 * TCR030 for a reason that is empty or that nothing calls for.
 */
export function checkBucketLocation(
  path: string,
  bucket: UsableBucket,
  region: string,
  reason?: string,
): LocationWarning | undefined {
  if (reason?.trim() === '') {
    throw new ValidationError('TCR030', path, "'regionMismatchReason' is empty; write why it has to be so");
  }
  const place = placeOf(bucket);
  if (!place || Token.isUnresolved(region)) return undefined;
  const near = nearness(place, region);
  const where = `the bucket ${describe(bucket, place)} and the service in ${region}`;
  const accepted = reason === undefined ? '' : `; accepted because: ${reason}`;
  if (near === 'around') {
    return {
      message:
        `${where}: a multi-region may answer from any of its regions, at best from this one; for latency that can be ` +
        `relied on use a bucket in ${region.toUpperCase()}${accepted}`,
      ruleId: 'bucket-single-region',
    };
  }
  if (near === 'in') {
    if (reason === undefined) return undefined;
    throw new ValidationError(
      'TCR030',
      path,
      `'regionMismatchReason' excuses nothing, because ${where}; take it out`,
    );
  }
  const story =
    `${where}: every access crosses from region to region and back, ${CROSS_REGION_COST}, ` +
    'which is how a request runs past its deadline and ends in a 504';
  if (accepted) return { message: `${story}${accepted}`, ruleId: 'bucket-co-located' };
  throw new ValidationError(
    'TCR029',
    path,
    `${story}; use a bucket in ${region.toUpperCase()} (the location of a bucket cannot be changed: copy its objects), ` +
      "or run the service where the bucket is, or write regionMismatchReason: '...' where it has to be so",
  );
}

/** Location of a bucket as Cloud Storage spells it, by reference where it is not known at synth. */
export function locationOf(bucket: UsableBucket): string {
  const location = bucket instanceof StorageBucket ? bucket.locationInput : bucket.location;
  return location === undefined || Token.isUnresolved(location) ? bucket.location : location.toUpperCase();
}

/** Where a bucket is, as far as it is known at synth. */
function placeOf(bucket: UsableBucket): Place | undefined {
  const { location, dataLocations } =
    bucket instanceof StorageBucket
      ? {
          location: bucket.locationInput,
          dataLocations: bucket.customPlacementConfigInput?.dataLocations,
        }
      : bucket;
  const known = dataLocations?.every((one) => !Token.isUnresolved(one)) ? dataLocations : undefined;
  // A bucket of the stack knows its regions even where its location is a reference.
  const named = Token.isUnresolved(location) ? known?.join('+') : location;
  return named ? { location: named.toUpperCase(), dataLocations: known } : undefined;
}

function describe(bucket: UsableBucket, place: Place): string {
  const name = Token.isUnresolved(bucket.name) ? '' : `'${bucket.name}' `;
  const regions = regionsOf(place);
  const detail = regions.length > 1 ? ` (${regions.join(' and ')})` : '';
  return `${name}is in ${place.location}${detail}`;
}
