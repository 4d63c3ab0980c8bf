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

/** Where the objects of a bucket are, in any spelling. */
interface Placement {
  readonly location: string;
  /** Regions of a configurable dual-region. */
  readonly dataLocations?: readonly string[] | undefined;
}

/** How near a bucket is: in the region, around it in a multi-region whose nearest copy may be elsewhere, or elsewhere. */
export type Nearness = 'in' | 'around' | 'elsewhere';

/** How near a bucket is to a region, in any spelling. */
export function nearness(placement: Placement, region: string): Nearness {
  const here = region.toUpperCase();
  if (regionsOf(placement).includes(here)) return 'in';
  const prefix = placement.dataLocations ? undefined : MULTI_REGIONS[placement.location.toUpperCase()];
  return prefix !== undefined && here.startsWith(prefix) ? 'around' : 'elsewhere';
}

/** Regions that hold the objects, in upper case; a multi-region is its own. */
export function regionsOf({ location, dataLocations }: Placement): readonly string[] {
  const place = location.toUpperCase();
  return dataLocations?.map((one) => one.toUpperCase()) ?? DUAL_REGIONS[place] ?? [place];
}
