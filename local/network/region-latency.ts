import type { Socket } from 'node:net';

/**
 * Regions whose round trips to the rest of the world are alike, the one that was measured first. Those that the source
 * lacks stand beside their neighbours: asia-southeast3, europe-north2, me-central2 and northamerica-south1.
 */
const AREAS: readonly (readonly string[])[] = [
  ['africa-south1'],
  ['asia-east1', 'asia-east2'],
  ['asia-northeast1', 'asia-northeast2', 'asia-northeast3'],
  ['asia-south1', 'asia-south2'],
  ['asia-southeast1', 'asia-southeast2', 'asia-southeast3'],
  ['australia-southeast1', 'australia-southeast2'],
  [
    'europe-west1',
    'europe-central2',
    'europe-southwest1',
    'europe-west2',
    'europe-west3',
    'europe-west4',
    'europe-west6',
    'europe-west8',
    'europe-west9',
    'europe-west10',
    'europe-west12',
  ],
  ['europe-north1', 'europe-north2'],
  ['me-central1', 'me-central2'],
  ['me-west1'],
  ['northamerica-northeast1', 'northamerica-northeast2'],
  ['us-central1', 'us-south1', 'northamerica-south1'],
  ['us-east1', 'us-east4', 'us-east5'],
  ['us-west1', 'us-west2', 'us-west3', 'us-west4'],
  ['southamerica-east1'],
  ['southamerica-west1'],
];

/** Every region there is, as Cloud Run spells them. */
export const REGIONS: readonly string[] = AREAS.flat();

/**
 * Round trips in milliseconds between the first regions of two areas, measured between virtual machines and rounded
 * (`data/gcp_latency.csv` of github.com/geo-decentralization/geographical-decentralization-simulation at 5e19216). Row and
 * column are in the order of the areas. The diagonal is the median of the pairs of the area, or 10 where none was
 * measured.
 */
const ROUND_TRIPS_MS: readonly (readonly number[])[] = [
  [10],
  [237, 23],
  [261, 35, 31],
  [127, 108, 131, 25],
  [189, 50, 72, 60, 14],
  [282, 130, 106, 153, 93, 14],
  [164, 212, 224, 139, 164, 259, 16],
  [197, 236, 248, 173, 187, 294, 34, 10],
  [108, 151, 172, 41, 100, 196, 88, 118, 10],
  [170, 197, 221, 97, 150, 243, 52, 81, 83, 10],
  [220, 180, 152, 219, 219, 197, 82, 116, 167, 132, 9],
  [237, 150, 145, 240, 206, 168, 107, 137, 184, 149, 29, 16],
  [227, 184, 156, 222, 218, 195, 91, 120, 170, 135, 25, 33, 12],
  [269, 119, 89, 220, 158, 137, 135, 158, 215, 179, 60, 32, 68, 24],
  [331, 284, 255, 324, 318, 293, 194, 216, 274, 238, 128, 138, 117, 169, 10],
  [330, 232, 205, 324, 265, 243, 194, 217, 274, 237, 128, 127, 103, 130, 53, 10],
];

/**
 * How long a packet takes from one region to another and back, in milliseconds; 0 within a region, and where one of them
 * is in no table. Regions are spelt as Cloud Run spells them, such as `europe-west1`.
 */
export function roundTripMs(from: string, to: string): number {
  if (from === to) return 0;
  const [a, b] = [areaOf(from), areaOf(to)];
  return ROUND_TRIPS_MS[Math.max(a, b)]?.[Math.min(a, b)] ?? 0;
}

function areaOf(region: string): number {
  return AREAS.findIndex((area) => area.includes(region));
}

/** The way of one request between two regions. */
export interface Distance {
  readonly from: string;
  readonly to: string;
  /** Of all round trips that the request takes. */
  readonly latencyMs: number;
}

const used = new WeakSet<Socket>();

/**
 * What the way from region `from` to the nearest of the regions `to` costs a request on this connection: one round trip,
 * and before the first one each for TCP (RFC 9293) and TLS 1.3 (RFC 8446), as Google's servers speak HTTPS only. Undefined
 * where it costs nothing.
 */
export function distanceOf(
  socket: Socket,
  from: string | undefined,
  to: readonly string[],
): Distance | undefined {
  if (from === undefined) return undefined;
  const [nearest] = to
    .map((region) => ({ region, ms: roundTripMs(from, region) }))
    .toSorted((a, b) => a.ms - b.ms);
  if (nearest === undefined || nearest.ms === 0) return undefined;
  const roundTrips = used.has(socket) ? 1 : 3;
  used.add(socket);
  return { from, to: nearest.region, latencyMs: nearest.ms * roundTrips };
}
