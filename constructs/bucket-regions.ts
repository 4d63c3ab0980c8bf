/** Predefined dual-regions (Cloud Storage, "Bucket locations"). */
const DUAL_REGIONS: Readonly<Record<string, readonly string[]>> = {
  ASIA1: ['ASIA-NORTHEAST1', 'ASIA-NORTHEAST2'],
  EUR4: ['EUROPE-NORTH1', 'EUROPE-WEST4'],
  EUR5: ['EUROPE-WEST1', 'EUROPE-WEST2'],
  EUR7: ['EUROPE-WEST2', 'EUROPE-WEST3'],
  EUR8: ['EUROPE-WEST3', 'EUROPE-WEST6'],
  NAM4: ['US-CENTRAL1', 'US-EAST1'],
};
/** Multi-regions, and how the regions start that are near their data (same page). */
const MULTI_REGIONS: Readonly<Record<string, string>> = { ASIA: 'ASIA-', EU: 'EUROPE-', US: 'US-' };

/**
 * How near a bucket is to a region, both in any spelling: `in` the region, `around` it in a multi-region whose nearest
 * copy may be elsewhere, or `elsewhere`.
 *
 * @param dataLocations regions of a configurable dual-region
 */
export function nearness(
  location: string,
  dataLocations: readonly string[],
  region: string,
): 'in' | 'around' | 'elsewhere' {
  const place = location.toUpperCase();
  const here = region.toUpperCase();
  const named = dataLocations.map((one) => one.toUpperCase());
  const regions = named.length > 0 ? named : (DUAL_REGIONS[place] ?? [place]);
  if (regions.includes(here)) return 'in';
  const prefix = named.length > 0 ? undefined : MULTI_REGIONS[place];
  return prefix !== undefined && here.startsWith(prefix) ? 'around' : 'elsewhere';
}
