/**
 * Regions of the locations that are more than one, by name in lower case.
 * https://cloud.google.com/storage/docs/locations
 */
const DUAL_REGIONS = new Map<string, readonly string[]>([
  ['asia1', ['asia-northeast1', 'asia-northeast2']],
  ['eur4', ['europe-north1', 'europe-west4']],
  ['eur5', ['europe-west1', 'europe-west2']],
  ['eur7', ['europe-west2', 'europe-west3']],
  ['eur8', ['europe-west3', 'europe-west6']],
  ['nam4', ['us-central1', 'us-east1']],
]);

/** Multi-regions by the beginning of their regions' names; London and Zurich are in Europe and not in the EU. */
const MULTI_REGIONS = new Map([
  ['asia', /^asia-/],
  ['eu', /^europe-(?!west2$|west6$)/],
  ['us', /^us-/],
]);

/** A region's name, such as `europe-west1`. */
const REGION = /^[a-z]+-[a-z]+\d+$/;

/**
 * Whether a bucket's data is in another region than the service that uses it, so that every call takes the way between
 * them. A dual-region or multi-region that contains the service's region is not another one.
 *
 * @param location of the bucket as Cloud Storage spells it, such as `EUROPE-WEST1`, `EUR4` or `EU`.
 * @param region of the service, such as `europe-west1`.
 * @returns undefined where one of them is not known.
 */
export function isCrossRegion(location: string, region: string | undefined): boolean | undefined {
  const here = region?.toLowerCase() ?? '';
  const there = location.toLowerCase();
  if (!REGION.test(here)) return undefined;
  if (REGION.test(there)) return there !== here;
  const regions = DUAL_REGIONS.get(there);
  if (regions) return !regions.includes(here);
  const multiRegion = MULTI_REGIONS.get(there);
  return multiRegion && !multiRegion.test(here);
}
