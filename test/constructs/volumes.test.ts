import { TerraformVariable } from 'cdktf';
import { ServiceCode, TracedCloudRunService, Volume } from '../../constructs';
import { addresses, cloudRunService, resource, synth, testStack, waitsFor } from '../helpers/synth';

const code = ServiceCode.fromImage('image');
const GRANT = 'google_storage_bucket_iam_member';

function service(): TracedCloudRunService {
  return new TracedCloudRunService(testStack(), 'gateway', { code });
}

/** What a service with volumes of these names synthesizes. */
function synthVolumes(names: readonly string[]): string {
  const stack = testStack();
  const gateway = new TracedCloudRunService(stack, 'gateway', { code });
  for (const name of names) gateway.addVolume(`/${name}`, Volume.inMemory(name, { sizeMiB: 1 }));
  return synth(stack).json;
}

describe('a volume', () => {
  test('in memory has a limit', () => {
    const stack = testStack();
    new TracedCloudRunService(stack, 'gateway', { code }).addVolume(
      '/cache',
      Volume.inMemory('cache', { sizeMiB: 64 }),
    );
    const { template, container } = cloudRunService(synth(stack));
    expect(container.volume_mounts).toEqual([{ name: 'cache', mount_path: '/cache' }]);
    expect(template.volumes).toEqual([
      { name: 'cache', empty_dir: { medium: 'MEMORY', size_limit: '64Mi' } },
    ]);
    expect(template).not.toHaveProperty('execution_environment');
  });

  test('of a bucket needs the second generation, and the grant that there is already', () => {
    const stack = testStack();
    const storage = new TracedCloudRunService(stack, 'storage', { code });
    storage.addVolume('/documents', Volume.bucket('documents', storage.addBucket('documents')));
    const synthesized = synth(stack);
    const { template, container } = cloudRunService(synthesized);
    const [bucket = ''] = addresses(synthesized, 'google_storage_bucket');
    expect(template['execution_environment']).toBe('EXECUTION_ENVIRONMENT_GEN2');
    expect(template.volumes).toEqual([
      { name: 'documents', gcs: { bucket: `\${${bucket}.name}`, read_only: false } },
    ]);
    expect(container.volume_mounts).toEqual([{ name: 'documents', mount_path: '/documents' }]);
    expect(addresses(synthesized, GRANT)).toHaveLength(1);
  });

  test('of a bucket of others is granted before the service starts, for reading only where that is enough', () => {
    const stack = testStack();
    const gateway = new TracedCloudRunService(stack, 'gateway', { code });
    const shared = { name: 'shared', location: 'europe-west1' };
    gateway.addVolume('/shared', Volume.bucket('shared', shared, { readOnly: true }));
    const synthesized = synth(stack);
    expect(resource(synthesized, GRANT)).toMatchObject({
      bucket: 'shared',
      role: 'roles/storage.objectViewer',
    });
    expect(waitsFor(synthesized, 'google_cloud_run_v2_service.gateway')).toContain(
      addresses(synthesized, GRANT)[0],
    );
  });

  test('comes in the order of the names, whatever the order of the statements', () => {
    expect(synthVolumes(['a', 'b', 'c'])).toBe(synthVolumes(['c', 'a', 'b']));
  });

  test('may have a size that is not known at synth', () => {
    const stack = testStack();
    const sizeMiB = new TerraformVariable(stack, 'size', { type: 'number' }).numberValue;
    new TracedCloudRunService(stack, 'gateway', { code }).addVolume('/a', Volume.inMemory('a', { sizeMiB }));
    expect(cloudRunService(synth(stack)).template.volumes).toMatchObject([
      { empty_dir: { size_limit: '${var.size}Mi' } },
    ]);
  });
});

describe('a volume is refused', () => {
  test('with a name outside the grammar', () => {
    expect(() => service().addVolume('/a', Volume.inMemory('My Cache', { sizeMiB: 1 }))).toThrow(
      "TCR022 at shop/gateway: a volume's name must be at most 63 lower-case letters, digits and '-', first a letter " +
        "and last no '-', got 'My Cache'",
    );
  });

  test('in more memory than the container has', () => {
    expect(() => service().addVolume('/a', Volume.inMemory('a', { sizeMiB: 513 }))).toThrow(
      "TCR022 at shop/gateway: the volume 'a' of 513 MiB is kept in the container's memory, which is 512 MiB; lower " +
        'sizeMiB or raise memoryMiB',
    );
    expect(() => service().addVolume('/a', Volume.inMemory('a', { sizeMiB: 512 }))).not.toThrow();
    expect(() => service().addVolume('/a', Volume.inMemory('a', { sizeMiB: 0 }))).toThrow(
      "TCR004 at shop/gateway: 'sizeMiB of the volume 'a'' must be a whole number within 1..32768, got 0",
    );
  });

  test('of a bucket where the memory is too little for the second generation', () => {
    const gateway = new TracedCloudRunService(testStack(), 'gateway', {
      code,
      cpuIdle: true,
      memoryMiB: 256,
    });
    const volume = Volume.bucket('a', { name: 'a', location: 'europe-west1' });
    expect(() => gateway.addVolume('/a', volume)).toThrow(
      'TCR022 at shop/gateway: mounting a bucket takes the second generation of Cloud Run, which has at least 512 MiB ' +
        'of memory, got 256; raise memoryMiB',
    );
  });

  test('of a bucket where there is less than one CPU', () => {
    const small = { cpu: 0.5, concurrency: 1, cpuIdle: true };
    const gateway = new TracedCloudRunService(testStack(), 'gateway', { code, ...small });
    const volume = Volume.bucket('a', { name: 'a', location: 'europe-west1' });
    expect(() => gateway.addVolume('/a', volume)).toThrow(
      'TCR022 at shop/gateway: mounting a bucket takes the second generation of Cloud Run, and less than one CPU the ' +
        'first, got cpu: 0.5; write cpu: 1',
    );
  });

  test('when another one has its name', () => {
    const gateway = service();
    gateway.addVolume('/a', Volume.inMemory('cache', { sizeMiB: 1 }));
    expect(() => gateway.addVolume('/b', Volume.inMemory('cache', { sizeMiB: 1 }))).toThrow(
      "TCR022 at shop/gateway: two volumes are called 'cache'; make one and mount it twice to share it, or give them " +
        'different names',
    );
  });

  test.each(['data', '/', '/data/', '/dev', '/sys/fs', '/proc/1', '/a:b'])('at the path %j', (path) => {
    expect(() => service().addVolume(path, Volume.inMemory('a', { sizeMiB: 1 }))).toThrow(
      "TCR021 at shop/gateway: a mount path must be absolute, such as '/data', without a '/' at its end and not within " +
        `/dev, /proc or /sys, got '${path}'`,
    );
  });

  test('at a path that is taken', () => {
    const gateway = service();
    gateway.addVolume('/a', Volume.inMemory('a', { sizeMiB: 1 }));
    expect(() => gateway.addVolume('/a', Volume.inMemory('b', { sizeMiB: 1 }))).toThrow(
      "TCR021 at shop/gateway: something is mounted at '/a' already",
    );
  });
});
