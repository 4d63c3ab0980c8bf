import * as fc from 'fast-check';
import { ServiceCode, TracedCloudRunService } from '../../constructs';
import { refusalCode, testStack, warnings } from '../helpers/synth';

const code = ServiceCode.fromImage('image');
const region = fc.constantFrom('europe-west1', 'europe-west4', 'us-central1', 'asia-northeast1', 'me-west1');

/** A text with each letter in upper or lower case. */
function anyCase(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return text.chain((word) =>
    fc.array(fc.boolean(), { minLength: word.length, maxLength: word.length }).map((upper) =>
      word
        .split('')
        .map((letter, at) => (upper[at] ? letter.toUpperCase() : letter))
        .join(''),
    ),
  );
}

function use(serviceRegion: string, location: string, dataLocations?: readonly string[]): void {
  const stack = testStack();
  const service = new TracedCloudRunService(stack, 'storage', { code, region: serviceRegion });
  service.useBucket('archive', { name: 'archive', location, dataLocations });
  expect(warnings(stack)).toEqual([]);
}

test('a bucket in one region is taken in silence exactly where it is the region of its service, in any spelling', () => {
  const property = fc.property(region, anyCase(region), (ours, theirs) => {
    const refused = theirs.toLowerCase() === ours ? undefined : 'TCR029';
    expect(refusalCode(() => use(ours, theirs))).toBe(refused);
  });
  expect(() => fc.assert(property, { numRuns: 40 })).not.toThrow();
});

test('a bucket in two regions is taken exactly where one of them is the region of its service', () => {
  const property = fc.property(region, anyCase(region), anyCase(region), (ours, one, other) => {
    const isNear = [one, other].some((theirs) => theirs.toLowerCase() === ours);
    expect(refusalCode(() => use(ours, 'EU', [one, other]))).toBe(isNear ? undefined : 'TCR029');
  });
  expect(() => fc.assert(property, { numRuns: 40 })).not.toThrow();
});

test('a bucket that a service adds is in its region, whatever that is', () => {
  const property = fc.property(region, (ours) => {
    const stack = testStack();
    const service = new TracedCloudRunService(stack, 'storage', { code, region: ours });
    expect(service.addBucket('documents').dataLocations).toEqual([ours]);
    expect(warnings(stack)).toEqual([]);
  });
  expect(() => fc.assert(property, { numRuns: 10 })).not.toThrow();
});
