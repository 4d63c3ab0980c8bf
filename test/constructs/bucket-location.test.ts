import { StorageBucket } from '@cdktf/provider-google/lib/storage-bucket';
import { TerraformVariable } from 'cdktf';
import { ServiceCode, TracedCloudRunService, Volume } from '../../constructs';
import { addresses, cloudRunService, resource, synth, testStack, waitsFor, warnings } from '../helpers/synth';

const code = ServiceCode.fromImage('image');
const GRANT = 'google_storage_bucket_iam_member';
const archive = { name: 'archive', location: 'us-central1' };
const COST =
  'every access crosses from region to region and back, one round trip on an open connection and three on a new one, ' +
  'about 100 ms each between continents, which is how a request runs past its deadline and ends in a 504';

function storage(region = 'europe-west1') {
  const stack = testStack();
  return { stack, service: new TracedCloudRunService(stack, 'storage', { code, region }) };
}

/** Uses a bucket that needs a reason, unless it is where the service is. */
function useWithReason(regionMismatchReason: string, location = 'us-central1'): void {
  storage().service.useBucket('archive', { name: 'archive', location }, { regionMismatchReason });
}

/** What a bucket at a location is warned of. */
function use(location: string, region: string, dataLocations?: readonly string[]): string[] {
  const { stack, service } = storage(region);
  service.useBucket('archive', { name: 'archive', location, dataLocations });
  return warnings(stack);
}

describe('a bucket that exists', () => {
  test('is known to the service by its name and location, and open to its account before it starts', () => {
    const { stack, service } = storage('us-central1');
    const grant = service.useBucket('archive', archive);
    expect(service.useBucket('archive-again', archive)).toBe(grant);
    const synthesized = synth(stack);
    expect(cloudRunService(synthesized).env).toMatchObject({
      ARCHIVE_BUCKET: 'archive',
      ARCHIVE_BUCKET_LOCATION: 'US-CENTRAL1',
    });
    expect(resource(synthesized, GRANT)).toEqual({
      bucket: 'archive',
      role: 'roles/storage.objectUser',
      member: expect.stringContaining('google_service_account.storage_'),
    });
    expect(waitsFor(synthesized, 'google_cloud_run_v2_service.storage')).toContain(
      addresses(synthesized, GRANT)[0],
    );
    expect(warnings(stack)).toEqual([]);
  });

  test('is open for reading only where that is enough', () => {
    const { stack, service } = storage('us-central1');
    service.useBucket('archive', archive, { readOnly: true });
    expect(resource(synth(stack), GRANT)['role']).toBe('roles/storage.objectViewer');
  });

  test('may be that of another service, by reference', () => {
    const { stack, service } = storage();
    const documents = service.addBucket('documents');
    const reader = new TracedCloudRunService(stack, 'reader', { code });
    reader.useBucket('documents', documents, { readOnly: true });
    const synthesized = synth(stack);
    const [bucket = ''] = addresses(synthesized, 'google_storage_bucket');
    expect(cloudRunService(synthesized, '.reader').env).toMatchObject({
      DOCUMENTS_BUCKET: `\${${bucket}.name}`,
      DOCUMENTS_BUCKET_LOCATION: `\${${bucket}.location}`,
    });
    expect(addresses(synthesized, GRANT)).toHaveLength(2);
  });
});

describe('a bucket in another region than its service', () => {
  test('is refused with the story that it leads to', () => {
    expect(() => storage().service.useBucket('archive', archive)).toThrow(
      `TCR029 at shop/storage: the bucket 'archive' is in US-CENTRAL1 and the service in europe-west1: ${COST}; use a ` +
        'bucket in EUROPE-WEST1 (the location of a bucket cannot be changed: copy its objects), or run the service ' +
        "where the bucket is, or write regionMismatchReason: '...' where it has to be so",
    );
  });

  test('is refused as a volume, of the service and of a sidecar', () => {
    const volume = Volume.bucket('archive', archive);
    expect(() => storage().service.addVolume('/archive', volume)).toThrow('TCR029 at shop/storage: ');
    expect(() =>
      storage().service.addSidecar('indexer', { image: 'indexer', volumes: { '/archive': volume } }),
    ).toThrow('TCR029 at shop/storage: ');
  });

  test('is refused when it is that of a service in another region', () => {
    const { stack, service } = storage();
    const reader = new TracedCloudRunService(stack, 'reader', { code, region: 'europe-west4' });
    expect(() => reader.useBucket('documents', service.addBucket('documents'))).toThrow(
      'TCR029 at shop/reader: the bucket is in EUROPE-WEST1 and the service in europe-west4: ',
    );
  });

  test("is refused when it is the provider's own resource, whose attributes are references", () => {
    const { stack, service } = storage();
    const kept = {
      uniformBucketLevelAccess: true,
      publicAccessPrevention: 'enforced',
      versioning: { enabled: true },
      lifecycleRule: [{ action: { type: 'Delete' }, condition: { daysSinceNoncurrentTime: 30 } }],
      softDeletePolicy: { retentionDurationSeconds: 604_800 },
    };
    const bucket = new StorageBucket(stack, 'raw', { ...kept, name: 'raw', location: 'US-CENTRAL1' });
    expect(() => service.useBucket('raw', bucket)).toThrow(
      'TCR029 at shop/storage: the bucket is in US-CENTRAL1 and the service in europe-west1: ',
    );
    const near = new StorageBucket(stack, 'near', { ...kept, name: 'near', location: 'europe-west1' });
    service.useBucket('near', near);
    expect(cloudRunService(synth(stack)).env).toMatchObject({
      NEAR_BUCKET: '${google_storage_bucket.near.name}',
      NEAR_BUCKET_LOCATION: 'EUROPE-WEST1',
    });
  });

  test('is taken with a reason, which every synth shows', () => {
    const { stack, service } = storage();
    service.useBucket('archive', archive, { regionMismatchReason: 'shows what a wrong region does' });
    expect(warnings(stack)).toEqual([
      `the bucket 'archive' is in US-CENTRAL1 and the service in europe-west1: ${COST}; accepted because: shows what a ` +
        'wrong region does',
    ]);
    expect(cloudRunService(synth(stack)).env['ARCHIVE_BUCKET']).toBe('archive');
  });

  test('is refused with a reason that says nothing, or that nothing calls for', () => {
    expect(() => useWithReason(' ')).toThrow(
      "TCR030 at shop/storage: 'regionMismatchReason' is empty; write why it has to be so",
    );
    expect(() => useWithReason('just so', 'europe-west1')).toThrow(
      "TCR030 at shop/storage: 'regionMismatchReason' excuses nothing, because the bucket 'archive' is in EUROPE-WEST1 " +
        'and the service in europe-west1; take it out',
    );
  });
});

describe('a bucket in several regions', () => {
  test.each([
    ['eur4', 'europe-west4'],
    ['EUR4', 'europe-north1'],
    ['EUR5', 'europe-west1'],
    ['EUR7', 'europe-west3'],
    ['EUR8', 'europe-west6'],
    ['Nam4', 'us-east1'],
    ['ASIA1', 'asia-northeast2'],
  ])('is taken where one of the two is that of the service: %s in %s', (location, region) => {
    expect(use(location, region)).toEqual([]);
  });

  test('is taken where a configurable pair has that of the service, and refused where it has not', () => {
    expect(use('EU', 'europe-west1', ['EUROPE-WEST1', 'EUROPE-WEST4'])).toEqual([]);
    expect(() => use('EU', 'europe-west1', ['EUROPE-WEST3', 'EUROPE-WEST4'])).toThrow(
      "TCR029 at shop/storage: the bucket 'archive' is in EU (EUROPE-WEST3 and EUROPE-WEST4) and the service in " +
        'europe-west1: ',
    );
  });

  test('is refused where neither of the two is that of the service', () => {
    expect(() => use('EUR4', 'europe-west1')).toThrow(
      "TCR029 at shop/storage: the bucket 'archive' is in EUR4 (EUROPE-NORTH1 and EUROPE-WEST4) and the service in " +
        'europe-west1: ',
    );
  });

  test.each([
    ['EU', 'europe-west1'],
    ['us', 'us-central1'],
    ['Asia', 'asia-east1'],
  ])('is warned of where the multi-region is near: %s for %s', (location, region) => {
    expect(use(location, region)).toEqual([
      `the bucket 'archive' is in ${location.toUpperCase()} and the service in ${region}: a multi-region may answer from ` +
        'any of its regions, at best from this one; for latency that can be relied on use a bucket in ' +
        region.toUpperCase(),
    ]);
  });

  test('is refused where the multi-region is on another continent', () => {
    expect(() => use('US', 'europe-west1')).toThrow(
      "TCR029 at shop/storage: the bucket 'archive' is in US and the service in europe-west1: ",
    );
  });
});

describe('a region that is not known at synth', () => {
  test('passes, on either side', () => {
    const { stack, service } = storage();
    const token = new TerraformVariable(stack, 'region', { type: 'string' }).stringValue;
    service.useBucket('archive', { name: 'archive', location: token });
    const elsewhere = new TracedCloudRunService(stack, 'elsewhere', { code, region: token });
    elsewhere.useBucket('archive', archive);
    elsewhere.useBucket('own', elsewhere.addBucket('documents'));
    expect(warnings(stack)).toEqual([]);
    expect(addresses(synth(stack), GRANT)).toHaveLength(3);
  });
});
