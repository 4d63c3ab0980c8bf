import { isCrossRegion } from '../../../services/storage/bucket-region';

describe('a bucket', () => {
  it.each([
    // The same region, however it is spelt.
    ['EUROPE-WEST1', 'europe-west1', false],
    ['europe-west1', 'europe-west1', false],
    // Another region, also a neighbour and one whose name begins alike.
    ['US-CENTRAL1', 'europe-west1', true],
    ['EUROPE-WEST1', 'europe-west4', true],
    ['EUROPE-WEST1', 'europe-west10', true],
    // Two regions.
    ['EUR4', 'europe-west4', false],
    ['EUR4', 'europe-north1', false],
    ['EUR4', 'europe-west1', true],
    ['EUR5', 'europe-west2', false],
    ['EUR7', 'europe-west3', false],
    ['EUR8', 'europe-west6', false],
    ['NAM4', 'us-east1', false],
    ['NAM4', 'us-west1', true],
    ['ASIA1', 'asia-northeast2', false],
    ['ASIA1', 'asia-south1', true],
    // Many regions; London and Zurich are not in the EU, Tel Aviv and Sydney not in Asia.
    ['EU', 'europe-west1', false],
    ['EU', 'europe-central2', false],
    ['EU', 'europe-west2', true],
    ['EU', 'europe-west6', true],
    ['EU', 'us-central1', true],
    ['US', 'us-west4', false],
    ['US', 'northamerica-northeast1', true],
    ['ASIA', 'asia-east1', false],
    ['ASIA', 'me-west1', true],
    ['ASIA', 'australia-southeast1', true],
    // Not known is not the same and not another.
    ['EUROPE-WEST1', undefined, undefined],
    ['EUROPE-WEST1', '', undefined],
    ['EU', 'global', undefined],
    ['EUR99', 'europe-west1', undefined],
    ['constructor', 'europe-west1', undefined],
    ['', 'europe-west1', undefined],
  ])('in %s is across regions from a service in %s: %s', (location, region, expected) => {
    expect(isCrossRegion(location, region)).toBe(expected);
  });
});
