import { roundTripMs } from '../../../local/network/region-latency';
import { regionsOf } from '../../../local/storage/locations';

const REGIONS = [
  ...['ASIA', 'EU', 'US'].flatMap((location) => regionsOf(location)),
  'africa-south1',
  'australia-southeast1',
  'australia-southeast2',
  'europe-west2',
  'europe-west6',
  'me-central1',
  'me-central2',
  'me-west1',
  'northamerica-northeast1',
  'northamerica-northeast2',
  'northamerica-south1',
  'southamerica-east1',
  'southamerica-west1',
];
const PAIRS = REGIONS.flatMap((from) => REGIONS.map((to) => [from, to] as const));

describe('a round trip', () => {
  it('takes no time within a region, and some between any two', () => {
    const free = PAIRS.filter(([from, to]) => roundTripMs(from, to) === 0);
    expect(free).toEqual(REGIONS.map((region) => [region, region]));
  });

  it('takes as long one way round as the other', () => {
    expect(PAIRS.filter(([from, to]) => roundTripMs(from, to) !== roundTripMs(to, from))).toEqual([]);
  });

  it.each([
    ['europe-west1', 'europe-west4', 16],
    ['europe-west1', 'us-central1', 107],
    ['europe-west3', 'australia-southeast2', 259],
    ['asia-south1', 'southamerica-west1', 324],
    ['us-west1', 'us-east4', 68],
  ])('from %s to %s takes %i ms', (from, to, ms) => {
    expect(roundTripMs(from, to)).toBe(ms);
  });

  it('to a region that no table has takes none', () => {
    expect([roundTripMs('moon-north1', 'us-east1'), roundTripMs('moon-north1', 'moon-south1')]).toEqual([
      0, 0,
    ]);
  });
});
