/**
 * Where a bucket can be, as https://cloud.google.com/storage/docs/locations lists it, in the product's spelling. A
 * configurable dual-region needs custom placement, which is not modelled.
 */
const REGIONS: readonly string[] = [
  'AFRICA-SOUTH1',
  'ASIA-EAST1',
  'ASIA-EAST2',
  'ASIA-NORTHEAST1',
  'ASIA-NORTHEAST2',
  'ASIA-NORTHEAST3',
  'ASIA-SOUTH1',
  'ASIA-SOUTH2',
  'ASIA-SOUTHEAST1',
  'ASIA-SOUTHEAST2',
  'AUSTRALIA-SOUTHEAST1',
  'AUSTRALIA-SOUTHEAST2',
  'EUROPE-CENTRAL2',
  'EUROPE-NORTH1',
  'EUROPE-NORTH2',
  'EUROPE-SOUTHWEST1',
  'EUROPE-WEST1',
  'EUROPE-WEST10',
  'EUROPE-WEST12',
  'EUROPE-WEST2',
  'EUROPE-WEST3',
  'EUROPE-WEST4',
  'EUROPE-WEST6',
  'EUROPE-WEST8',
  'EUROPE-WEST9',
  'ME-CENTRAL1',
  'ME-CENTRAL2',
  'ME-WEST1',
  'NORTHAMERICA-NORTHEAST1',
  'NORTHAMERICA-NORTHEAST2',
  'NORTHAMERICA-SOUTH1',
  'SOUTHAMERICA-EAST1',
  'SOUTHAMERICA-WEST1',
  'US-CENTRAL1',
  'US-EAST1',
  'US-EAST4',
  'US-EAST5',
  'US-SOUTH1',
  'US-WEST1',
  'US-WEST2',
  'US-WEST3',
  'US-WEST4',
];

/** Regions of the predefined dual-regions. */
const DUAL_REGIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ['ASIA1', ['ASIA-NORTHEAST1', 'ASIA-NORTHEAST2']],
  ['EUR4', ['EUROPE-NORTH1', 'EUROPE-WEST4']],
  ['EUR5', ['EUROPE-WEST1', 'EUROPE-WEST2']],
  ['EUR7', ['EUROPE-WEST2', 'EUROPE-WEST3']],
  ['EUR8', ['EUROPE-WEST3', 'EUROPE-WEST6']],
  ['NAM4', ['US-CENTRAL1', 'US-EAST1']],
]);

/** Regions of the multi-regions, by their names; London and Zurich are not in the European Union. */
const MULTI_REGIONS: ReadonlyMap<string, RegExp> = new Map([
  ['ASIA', /^ASIA-/],
  ['EU', /^EUROPE-(?!WEST2$|WEST6$)/],
  ['US', /^US-/],
]);

export type LocationType = 'region' | 'dual-region' | 'multi-region';

/** Kind of a location in any spelling; undefined where Cloud Storage has none of that name. */
export function locationType(location: string): LocationType | undefined {
  const name = location.toUpperCase();
  if (REGIONS.includes(name)) return 'region';
  if (DUAL_REGIONS.has(name)) return 'dual-region';
  return MULTI_REGIONS.has(name) ? 'multi-region' : undefined;
}

/** Regions, as Cloud Run spells them, that may hold the objects of a bucket in this location. */
export function regionsOf(location: string): string[] {
  const name = location.toUpperCase();
  const multiRegion = MULTI_REGIONS.get(name);
  const regions = multiRegion
    ? REGIONS.filter((region) => multiRegion.test(region))
    : (DUAL_REGIONS.get(name) ?? [name]);
  return regions.map((region) => region.toLowerCase());
}
