import type { LogMetric } from './log-metrics';

/** What Cloud Logging takes for a distribution that says nothing (`LogMetric.bucketOptions`). */
const DEFAULT_EXPONENTIAL = { numFiniteBuckets: 64, growthFactor: 2, scale: 0.01 };

/**
 * Upper bounds of the buckets of a distribution, without that of the last, which has none
 * (cloud.google.com/monitoring/api/ref_v3/rest/v3/TypedValue#bucketoptions).
 */
export function bucketBounds(options: LogMetric['bucketOptions']): number[] {
  const { explicitBuckets, linearBuckets } = options ?? {};
  if (explicitBuckets) return [...explicitBuckets.bounds];
  if (linearBuckets) {
    const { numFiniteBuckets, offset, width } = linearBuckets;
    return Array.from({ length: numFiniteBuckets + 1 }, (_none, index) => offset + width * index);
  }
  const { numFiniteBuckets, growthFactor, scale } = options?.exponentialBuckets ?? DEFAULT_EXPONENTIAL;
  return Array.from({ length: numFiniteBuckets + 1 }, (_none, index) => scale * growthFactor ** index);
}

/** Index of the bucket of a value: a bound belongs to the bucket above it. */
export function bucketOf(value: number, bounds: readonly number[]): number {
  let [low, high] = [0, bounds.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value < (bounds[middle] ?? Number.POSITIVE_INFINITY)) high = middle;
    else low = middle + 1;
  }
  return low;
}
