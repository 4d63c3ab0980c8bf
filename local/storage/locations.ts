/**
 * Where a bucket can be, as https://cloud.google.com/storage/docs/locations lists it, in the product's spelling. A
 * configurable dual-region needs custom placement, which is not modelled.
 */
const LOCATIONS: Readonly<Record<LocationType, readonly string[]>> = {
  'multi-region': ['ASIA', 'EU', 'US'],
  'dual-region': ['ASIA1', 'EUR4', 'EUR5', 'EUR7', 'EUR8', 'NAM4'],
  region: [
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
  ],
};

export type LocationType = 'region' | 'dual-region' | 'multi-region';

/** Kind of a location in any spelling; undefined where Cloud Storage has none of that name. */
export function locationType(location: string): LocationType | undefined {
  const name = location.toUpperCase();
  if (LOCATIONS.region.includes(name)) return 'region';
  if (LOCATIONS['dual-region'].includes(name)) return 'dual-region';
  return LOCATIONS['multi-region'].includes(name) ? 'multi-region' : undefined;
}
