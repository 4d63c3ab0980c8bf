import { TerraformOutput } from 'cdktf';
import {
  DeploymentEnvironment,
  ServiceCode,
  TracedCloudRunService,
  type TracedCloudRunServiceProps,
} from '../../constructs';
import { addresses, resource, synth, testStack, waitsFor } from '../helpers/synth';

const code = ServiceCode.fromImage('image');
const BUCKET = 'google_storage_bucket';
const GRANT = 'google_storage_bucket_iam_member';

function synthBucket(props: Omit<TracedCloudRunServiceProps, 'code'> = {}, options = {}) {
  const stack = testStack();
  const service = new TracedCloudRunService(stack, 'storage', { code, ...props });
  service.addBucket('documents', options);
  return synth(stack);
}

describe('a bucket of a service', () => {
  test('is private, versioned within bounds, and keeps what is deleted for a week', () => {
    expect(resource(synthBucket(), BUCKET)).toMatchObject({
      uniform_bucket_level_access: true,
      public_access_prevention: 'enforced',
      versioning: { enabled: true },
      lifecycle_rule: [{ action: { type: 'Delete' }, condition: { days_since_noncurrent_time: 30 } }],
      soft_delete_policy: { retention_duration_seconds: 604_800 },
    });
  });

  test('keeps old versions as long as it is told', () => {
    expect(resource(synthBucket({}, { keepOldVersionsDays: 7 }), BUCKET)['lifecycle_rule']).toEqual([
      { action: { type: 'Delete' }, condition: { days_since_noncurrent_time: 7 } },
    ]);
  });

  test.each(['europe-west1', 'us-central1'])('is in the region of its service: %s', (region) => {
    expect(resource(synthBucket({ region }), BUCKET)['location']).toBe(region.toUpperCase());
  });

  test('has the labels of its service and its own, which win', () => {
    const labels = { team: 'search', tier: 'web' };
    expect(resource(synthBucket({ labels }), BUCKET)['labels']).toEqual(labels);
    expect(resource(synthBucket({ labels }, { labels: { tier: 'data' } }), BUCKET)['labels']).toEqual({
      team: 'search',
      tier: 'data',
    });
    expect(resource(synthBucket(), BUCKET)['labels']).toBeUndefined();
    expect(() => synthBucket({}, { labels: { Team: 'search' } })).toThrow(
      'TCR028 at shop/storage/bucket-documents: a label must be',
    );
  });

  test.each([
    [DeploymentEnvironment.local(), true],
    [DeploymentEnvironment.staging(), true],
    [DeploymentEnvironment.production(), false],
  ])('may be destroyed with its objects where the environment is disposable', (environment, expected) => {
    expect(resource(synthBucket({ environment }), BUCKET)['force_destroy']).toBe(expected);
  });

  test('is open to the account of its service, for objects only', () => {
    expect(resource(synthBucket(), GRANT)).toEqual({
      bucket: expect.stringMatching(/^\$\{google_storage_bucket\..*\.name\}$/),
      role: 'roles/storage.objectUser',
      member: expect.stringContaining('google_service_account.storage_'),
    });
  });

  test('is there, with its grant, before the service starts, and the service is told its name and location', () => {
    const synthesized = synthBucket();
    const needed = waitsFor(synthesized, 'google_cloud_run_v2_service.storage');
    expect(needed).toContain(addresses(synthesized, BUCKET)[0]);
    expect(needed).toContain(addresses(synthesized, GRANT)[0]);
    expect(needed).toContain('google_project_service.api-storage');
    const [address = ''] = addresses(synthesized, BUCKET);
    const service = JSON.stringify(resource(synthesized, 'google_cloud_run_v2_service'));
    expect(service).toContain(`{"name":"DOCUMENTS_BUCKET","value":"\${${address}.name}"}`);
    expect(service).toContain(`{"name":"DOCUMENTS_BUCKET_LOCATION","value":"\${${address}.location}"}`);
  });

  test('has a globally unique name that starts with the project', () => {
    expect(resource(synthBucket(), BUCKET)['name']).toMatch(
      /^my-project-storage-production-documents-[a-z]{8}$/,
    );
  });

  test('is returned, and known by its name and location', () => {
    const stack = testStack();
    const bucket = new TracedCloudRunService(stack, 'storage', { code }).addBucket('documents');
    expect(bucket.node.path).toBe('shop/storage/bucket-documents');
    new TerraformOutput(stack, 'name', { value: bucket.name });
    const synthesized = synth(stack);
    expect(synthesized.outputs['name']).toEqual({ value: `\${${addresses(synthesized, BUCKET)[0]}.name}` });
  });
});

describe('a bucket is refused', () => {
  test('with a name outside the grammar', () => {
    const service = new TracedCloudRunService(testStack(), 'storage', { code });
    expect(() => service.addBucket('My Documents')).toThrow(
      "TCR015 at shop/storage: a bucket name must be lower-case letters, digits and '-', first a letter and last " +
        "no '-', got 'My Documents'",
    );
  });

  test('when there is one of that name', () => {
    const service = new TracedCloudRunService(testStack(), 'storage', { code });
    service.addBucket('documents');
    expect(() => service.addBucket('documents')).toThrow(
      "TCR015 at shop/storage: there is a bucket 'documents' already; use the one it returned",
    );
  });

  test('when Cloud Storage would refuse its name', () => {
    const service = new TracedCloudRunService(testStack(), 'storage', { code });
    expect(() => service.addBucket('google-drive')).toThrow(
      /^TCR015 at shop\/storage\/bucket-google-drive: the bucket would be called 'my-project-storage-production-google-drive-[a-z]{8}', and Cloud Storage refuses names with 'google' in them; call the service or the bucket something else$/,
    );
  });

  test('with an age out of range', () => {
    const service = new TracedCloudRunService(testStack(), 'storage', { code });
    expect(() => service.addBucket('documents', { keepOldVersionsDays: 0 })).toThrow(
      "TCR004 at shop/storage/bucket-documents: 'keepOldVersionsDays' must be a whole number within 1..3650, got 0",
    );
  });
});
