import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Iam } from '../../../../local/iam/iam';
import { CloudStorage } from '../../../../local/storage/cloud-storage';
import { storageBucket } from '../../../../local/terraform/resources/storage-bucket';
import { storageBucketIamMember } from '../../../../local/terraform/resources/storage-bucket-iam-member';
import { storageBucketObject } from '../../../../local/terraform/resources/storage-bucket-object';
import {
  applyAndSettle,
  type Config,
  lifecycle,
  succeeded,
  TerraformWorkspace,
} from '../../../helpers/terraform';

const BUCKET = 'google_storage_bucket.b';
const MEMBER = 'google_storage_bucket_iam_member.m';
const OBJECT = 'google_storage_bucket_object.o';
const EMAIL = 'writer@local-test.iam.gserviceaccount.com';

const bucket = (settings: Config = {}, name = 'docs'): Config => ({
  resource: { google_storage_bucket: { b: { name, location: 'EUROPE-WEST1', ...settings } } },
});
const withBucket = (type: string, id: string, settings: Config, ofBucket: Config = {}): Config => ({
  resource: {
    google_storage_bucket: { b: { name: 'docs', location: 'EUROPE-WEST1', ...ofBucket } },
    [type]: { [id]: { bucket: '${google_storage_bucket.b.name}', ...settings } },
  },
});

const member = (settings: Config = {}, ofBucket: Config = {}) =>
  withBucket(
    'google_storage_bucket_iam_member',
    'm',
    { role: 'roles/storage.objectUser', member: `serviceAccount:${EMAIL}`, ...settings },
    ofBucket,
  );

const object = (settings: Config) =>
  withBucket('google_storage_bucket_object', 'o', { name: 'folder/a.txt', ...settings });

describe('Cloud Storage in Terraform', () => {
  let directory: string;
  let storage: CloudStorage;
  let iam: Iam;
  let workspace: TerraformWorkspace;
  let faults: unknown[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'storage-'));
    storage = new CloudStorage(join(directory, 'data'));
    iam = new Iam();
    iam.createServiceAccount({
      projectId: 'local-test',
      email: EMAIL,
      uniqueId: '1'.repeat(21),
      displayName: '',
      description: '',
      disabled: false,
    });
    faults = [];
    workspace = await TerraformWorkspace.open({
      products: { storage, iam },
      resourceTypes: [storageBucket, storageBucketIamMember, storageBucketObject],
      onFault: (error) => faults.push(error),
    });
  });

  afterEach(async () => {
    await workspace.dispose();
    await rm(directory, { recursive: true, force: true });
    if (faults.length > 0) throw new AggregateError(faults, 'the provider had faults');
  });

  const put = async (name: string, content: string) => {
    const into = storage.requireBucket('docs');
    const staged = await into.stage();
    await staged.append(Buffer.from(content));
    return into.insert(staged, {
      name,
      fields: {},
      preconditions: {},
      declared: {},
      authorize: () => undefined,
    });
  };
  /** Plans one resource of the type for each of the settings, and returns how each is refused. */
  const refusals = async (type: string, base: Config, settings: readonly Config[]) => {
    const resources = settings.map((each, index) => [`r${index}`, { ...base, ...each }]);
    await workspace.configure({ resource: { [type]: Object.fromEntries(resources) } });
    const { ok, diagnostics } = await workspace.plan();
    return settings.map((_, index) => {
      const own = diagnostics.filter(({ address }) => address === `${type}.r${index}`);
      return ok ? [] : own.map(({ summary }) => summary);
    });
  };

  describe('google_storage_bucket', () => {
    it('goes through its life', async () => {
      const settings = {
        uniform_bucket_level_access: true,
        public_access_prevention: 'enforced',
        labels: { team: 'docs' },
        versioning: { enabled: true },
        soft_delete_policy: { retention_duration_seconds: 0 },
        lifecycle_rule: [
          {
            action: { type: 'Delete' },
            condition: { num_newer_versions: 3, with_state: 'ARCHIVED' },
          },
          {
            action: { type: 'SetStorageClass', storage_class: 'NEARLINE' },
            condition: { age: 30, matches_prefix: ['old/'] },
          },
        ],
      };
      const { created, updated, replaced } = await lifecycle(workspace, {
        create: bucket(settings),
        update: {
          config: bucket({
            ...settings,
            versioning: { enabled: false },
            force_destroy: true,
            storage_class: 'NEARLINE',
          }),
          changed: { [BUCKET]: ['force_destroy', 'storage_class', 'updated', 'versioning.0.enabled'] },
        },
        replace: {
          config: bucket({ ...settings, location: 'EUROPE-WEST4' }),
          replaced: { [BUCKET]: ['location'] },
        },
      });

      expect(created[BUCKET]).toMatchObject({
        id: 'docs',
        project: 'local-test',
        location: 'EUROPE-WEST1',
        storage_class: 'STANDARD',
        force_destroy: false,
        self_link: 'https://www.googleapis.com/storage/v1/b/docs',
        url: 'gs://docs',
        rpo: null,
        project_number: expect.any(Number),
        time_created: expect.stringMatching(/Z$/),
        effective_labels: { team: 'docs', 'goog-terraform-provisioned': 'true' },
        soft_delete_policy: [{ retention_duration_seconds: 0, effective_time: expect.stringMatching(/Z$/) }],
      });
      expect(updated[BUCKET]).toMatchObject({ time_created: created[BUCKET]?.['time_created'] });
      expect(replaced[BUCKET]).toMatchObject({ location: 'EUROPE-WEST4', storage_class: 'STANDARD' });
      expect(storage.buckets()).toEqual([]);
    });

    it('reaches the product as it was configured, in its spelling of the location', async () => {
      await applyAndSettle(
        workspace,
        bucket({
          location: 'europe-west1',
          versioning: { enabled: true },
          labels: { team: 'docs' },
          lifecycle_rule: [{ action: { type: 'Delete' }, condition: { age: 30, with_state: 'LIVE' } }],
        }),
      );

      expect((await workspace.state())[BUCKET]).toMatchObject({ location: 'europe-west1' });
      expect(storage.requireBucket('docs').record).toMatchObject({
        projectId: 'local-test',
        location: 'EUROPE-WEST1',
        versioning: true,
        labels: { team: 'docs' },
        publicAccessPrevention: 'inherited',
        softDeleteRetentionSec: 604_800,
        lifecycleRules: [{ action: { type: 'Delete' }, condition: { age: 30, isLive: true } }],
      });
    });

    it('stays where it is when its location is spelt in another case', async () => {
      await applyAndSettle(workspace, bucket({ location: 'europe-west1' }));
      await workspace.configure(bucket({ location: 'Europe-West1' }));

      expect(succeeded(await workspace.plan()).actions).toEqual({});
    });

    it('has the defaults of Google in the plan', async () => {
      await workspace.configure(
        bucket({
          location: 'eu',
          soft_delete_policy: {},
          lifecycle_rule: [{ action: { type: 'Delete' }, condition: { age: 1 } }],
        }),
      );

      const { planned } = succeeded(await workspace.plan());

      expect(planned[BUCKET]).toMatchObject({
        id: 'docs',
        url: 'gs://docs',
        storage_class: 'STANDARD',
        force_destroy: false,
        uniform_bucket_level_access: false,
        public_access_prevention: 'inherited',
        rpo: 'DEFAULT',
        soft_delete_policy: [{ retention_duration_seconds: 604_800 }],
        lifecycle_rule: [{ condition: [{ with_state: 'ANY' }] }],
      });
    });

    it('goes back to the default class when the attribute is taken out', async () => {
      await applyAndSettle(workspace, bucket({ storage_class: 'NEARLINE' }));

      await applyAndSettle(workspace, bucket());

      expect(storage.requireBucket('docs').record.storageClass).toBe('STANDARD');
    });

    it('is not destroyed with objects in it, unless that is said so and applied', async () => {
      await applyAndSettle(workspace, bucket({ versioning: { enabled: true } }));
      await put('a.txt', 'one');
      await put('a.txt', 'two');

      const { ok, diagnostics } = await workspace.destroy();
      expect(ok).toBe(false);
      expect(diagnostics[0]?.summary).toContain(
        'Error trying to delete bucket docs containing objects without `force_destroy` set to true',
      );
      expect(diagnostics[0]?.summary).toContain(
        'Error 409: The bucket you tried to delete is not empty., conflict',
      );
      expect(storage.requireBucket('docs').list({ versions: true })).toHaveLength(2);

      await applyAndSettle(workspace, bucket({ versioning: { enabled: true }, force_destroy: true }));
      succeeded(await workspace.destroy());
      expect(storage.bucket('docs')).toBeUndefined();
    });

    it('is made again when it has gone', async () => {
      await applyAndSettle(workspace, bucket());
      storage.deleteBucket('docs');

      expect(succeeded(await workspace.plan()).actions).toEqual({ [BUCKET]: 'create' });
    });

    it('cannot have the name of another', async () => {
      await applyAndSettle(workspace, bucket());
      await workspace.configure({
        resource: {
          google_storage_bucket: {
            b: { name: 'docs', location: 'EUROPE-WEST1' },
            other: { name: 'docs', location: 'US', project: 'local-other' },
          },
        },
      });

      const { ok, diagnostics } = await workspace.apply();

      expect(ok).toBe(false);
      expect(diagnostics[0]?.summary).toContain(
        'googleapi: Error 409: The requested bucket name is not available.',
      );
    });

    it('is imported by its name', async () => {
      await applyAndSettle(workspace, bucket({ labels: { team: 'docs' } }));
      succeeded(await workspace.run('state', 'rm', BUCKET));

      succeeded(await workspace.import(BUCKET, 'docs'));

      expect((await workspace.state())[BUCKET]).toMatchObject({ name: 'docs', location: 'EUROPE-WEST1' });
    });

    it('is refused in the plan for what Google refuses and what is not modelled', async () => {
      const cases: [Config, string][] = [
        [{ name: 'Docs' }, '"Docs" cannot be a bucket\'s name'],
        [{ location: 'europe-west-1' }, 'Cloud Storage has no location "europe-west-1"'],
        [{ storage_class: 'HOT' }, '"HOT" is not a storage_class'],
        [{ public_access_prevention: 'maybe' }, '"maybe" is not a public_access_prevention'],
        [{ rpo: 'ASYNC_TURBO' }, 'Turbo replication is for dual-regions'],
        [
          { soft_delete_policy: { retention_duration_seconds: 60 } },
          'Soft delete cannot keep objects for 60 s',
        ],
        [{ project: 'my-production' }, 'Project "my-production" is not in the local cloud'],
        [{ cors: [{ origin: ['*'] }] }, '"cors" is not modelled in the local cloud'],
        [
          { retention_policy: { retention_period: 1 } },
          '"retention_policy" is not modelled in the local cloud',
        ],
        [{ requester_pays: true }, '"requester_pays" is not modelled in the local cloud'],
        [
          { lifecycle_rule: [{ action: { type: 'Archive' }, condition: { age: 1 } }] },
          '"Archive" is not a lifecycle action',
        ],
        [
          { lifecycle_rule: [{ action: { type: 'SetStorageClass' }, condition: { age: 1 } }] },
          'SetStorageClass needs a "storage_class"',
        ],
      ];

      const refused = await refusals(
        'google_storage_bucket',
        { name: 'docs', location: 'EUROPE-WEST1' },
        cases.map(([settings]) => settings),
      );

      expect(refused).toEqual(cases.map(([, summary]) => [summary]));
    });
  });

  describe('google_storage_bucket_iam_member', () => {
    it('goes through its life', async () => {
      const { created } = await lifecycle(workspace, {
        create: member(),
        replace: {
          config: member({ role: 'roles/storage.objectViewer' }),
          replaced: { [MEMBER]: ['role'] },
        },
      });

      expect(created[MEMBER]).toMatchObject({
        id: `b/docs/roles/storage.objectUser/serviceAccount:${EMAIL}`,
        bucket: 'docs',
      });
    });

    it('grants while it is there', async () => {
      const [resource, role] = ['//storage.googleapis.com/buckets/docs', 'roles/storage.objectUser'];
      await applyAndSettle(workspace, member());
      expect(iam.allows([resource], [role], EMAIL)).toBe(true);

      await applyAndSettle(workspace, bucket());

      expect(iam.allows([resource], [role], EMAIL)).toBe(false);
    });

    it('is refused for an account or a bucket that does not exist', async () => {
      await workspace.configure(
        member({ member: 'serviceAccount:nobody@local-test.iam.gserviceaccount.com' }),
      );
      expect((await workspace.apply()).diagnostics[0]?.summary).toContain(
        'Service account nobody@local-test.iam.gserviceaccount.com does not exist',
      );

      await workspace.configure(member({ bucket: 'nowhere' }));
      expect((await workspace.apply()).diagnostics[0]?.summary).toContain(
        'The specified bucket does not exist: nowhere',
      );
    });

    it('is refused for everybody where public access is prevented', async () => {
      await workspace.configure(member({ member: 'allUsers' }, { public_access_prevention: 'enforced' }));

      expect((await workspace.apply()).diagnostics[0]?.summary).toContain(
        'allUsers and allAuthenticatedUsers are not allowed since public access prevention is enforced',
      );
      expect(iam.members('//storage.googleapis.com/buckets/docs', 'roles/storage.objectUser')).toEqual([]);
    });

    it('is refused in the plan for what Google refuses and what is not modelled', async () => {
      const cases: [Config, string][] = [
        [
          { role: 'roles/run.invoker' },
          'The role "roles/run.invoker" is not modelled on buckets in the local cloud',
        ],
        [
          { condition: { title: 't', expression: 'true' } },
          'IAM conditions are not modelled in the local cloud ("t")',
        ],
      ];

      const refused = await refusals(
        'google_storage_bucket_iam_member',
        { bucket: 'docs', role: 'roles/storage.objectUser', member: `serviceAccount:${EMAIL}` },
        cases.map(([settings]) => settings),
      );

      expect(refused).toEqual(cases.map(([, summary]) => [summary]));
    });
  });

  describe('google_storage_bucket_object', () => {
    it('goes through its life, and other content is an update', async () => {
      const { created, updated, replaced } = await lifecycle(workspace, {
        create: object({ content: 'one', cache_control: 'no-cache', metadata: { from: 'terraform' } }),
        update: {
          config: object({ content: 'two', cache_control: 'no-cache', metadata: { from: 'terraform' } }),
          changed: { [OBJECT]: ['content', 'crc32c', 'generation', 'md5hash', 'md5hexhash', 'media_link'] },
        },
        replace: {
          config: object({ content: 'two', name: 'folder/b.txt' }),
          replaced: { [OBJECT]: ['cache_control', 'name', 'metadata'] },
        },
      });

      expect(created[OBJECT]).toMatchObject({
        id: 'docs-folder/a.txt',
        output_name: 'folder/a.txt',
        self_link: 'https://www.googleapis.com/storage/v1/b/docs/o/folder%2Fa.txt',
        content_type: 'text/plain; charset=utf-8',
        storage_class: 'STANDARD',
        md5hash: createHash('md5').update('one').digest('base64'),
        generation: expect.any(Number),
        media_link: expect.stringContaining('/download/storage/v1/b/docs/o/folder%2Fa.txt?generation='),
      });
      expect(updated[OBJECT]?.['generation']).not.toBe(created[OBJECT]?.['generation']);
      expect(replaced[OBJECT]).toMatchObject({ name: 'folder/b.txt' });
    });

    it('uploads a file, and again when the file has changed', async () => {
      const source = join(directory, 'file.bin');
      await writeFile(source, Buffer.from([0, 1, 2]));
      await applyAndSettle(workspace, object({ source }));
      expect((await workspace.state())[OBJECT]).toMatchObject({ content_type: 'application/octet-stream' });

      await writeFile(source, Buffer.from([3]));
      expect(succeeded(await workspace.plan()).actions).toEqual({ [OBJECT]: 'update' });
      await applyAndSettle(workspace, object({ source }));

      expect(storage.requireBucket('docs').require('folder/a.txt').size).toBe(1);
    });

    it('puts its content back when somebody has overwritten it', async () => {
      await applyAndSettle(workspace, object({ content: 'mine' }));
      await put('folder/a.txt', 'theirs');

      expect(succeeded(await workspace.plan()).actions).toEqual({ [OBJECT]: 'update' });
      await applyAndSettle(workspace, object({ content: 'mine' }));

      expect(storage.requireBucket('docs').require('folder/a.txt').size).toBe(4);
    });

    it('is left in the bucket where it is abandoned', async () => {
      await applyAndSettle(workspace, object({ content: 'kept', deletion_policy: 'ABANDON' }));

      await applyAndSettle(workspace, bucket());

      expect(storage.requireBucket('docs').get('folder/a.txt')).toBeDefined();
    });

    it('is refused in the plan for what Google refuses and what is not modelled', async () => {
      const cases: [Config, string][] = [
        [{}, 'An object needs either "content" or "source"'],
        [{ content: 'a', source: '/b' }, 'An object needs either "content" or "source"'],
        [{ source: 'assets/file.bin' }, '"assets/file.bin" is a relative path'],
        [{ content: 'a', temporary_hold: true }, '"temporary_hold" is not modelled in the local cloud'],
        [{ content: 'a', deletion_policy: 'KEEP' }, '"KEEP" is not a deletion policy'],
      ];

      const refused = await refusals(
        'google_storage_bucket_object',
        { bucket: 'docs', name: 'a.txt' },
        cases.map(([settings]) => settings),
      );

      expect(refused).toEqual(cases.map(([, summary]) => [summary]));
    });

    it('says that the bucket does not exist', async () => {
      await workspace.configure(object({ content: 'a', bucket: 'nowhere' }));

      expect((await workspace.apply()).diagnostics[0]?.summary).toBe(
        'googleapi: Error 404: The specified bucket does not exist., notFound',
      );
    });
  });
});
