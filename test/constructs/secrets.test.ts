import { SecretManagerSecret } from '@cdktf/provider-google/lib/secret-manager-secret';
import { SecretManagerSecretVersion } from '@cdktf/provider-google/lib/secret-manager-secret-version';
import type { TerraformStack } from 'cdktf';
import { Secret, ServiceCode, TracedCloudRunService } from '../../constructs';
import { addresses, cloudRunService, resource, synth, testStack, waitsFor } from '../helpers/synth';

const code = ServiceCode.fromImage('image');
const GRANT = 'google_secret_manager_secret_iam_member';
const stripe = Secret.version('stripe-key', '3');

function service(): TracedCloudRunService {
  return new TracedCloudRunService(testStack(), 'gateway', { code });
}

interface TemplateJson {
  readonly volumes: readonly { readonly name: string; readonly secret: unknown }[];
  readonly containers: readonly { readonly volume_mounts: readonly { readonly name: string }[] }[];
}

/** The volumes of the only service of a stack, and which of them each container mounts. */
function volumesOf(stack: TerraformStack) {
  const { template } = resource(synth(stack), 'google_cloud_run_v2_service');
  const { volumes, containers }: TemplateJson = JSON.parse(JSON.stringify(template));
  return {
    volumes,
    mounts: containers.flatMap((container) => container.volume_mounts.map(({ name }) => name)),
  };
}

describe('a secret of a service', () => {
  test('is a variable by reference to one version', () => {
    const stack = testStack();
    new TracedCloudRunService(stack, 'gateway', { code, secrets: { STRIPE_KEY: stripe } });
    const { container } = cloudRunService(synth(stack));
    expect(container.env).toContainEqual({
      name: 'STRIPE_KEY',
      value_source: { secret_key_ref: { secret: 'stripe-key', version: '3' } },
    });
  });

  test('is a file by its absolute path', () => {
    const stack = testStack();
    const gateway = new TracedCloudRunService(stack, 'gateway', { code });
    gateway.addSecret('/secrets/tls/key.pem', Secret.version('tls-key', '1'));
    const { template, container } = cloudRunService(synth(stack));
    const name = expect.stringMatching(/^secret-[a-z]{8}$/);
    expect(container.volume_mounts).toEqual([{ name, mount_path: '/secrets/tls' }]);
    expect(template.volumes).toEqual([
      {
        name,
        secret: { secret: 'tls-key', default_mode: 0o444, items: [{ path: 'key.pem', version: '1' }] },
      },
    ]);
  });

  test('is one volume where a sidecar has the same file of it', () => {
    const stack = testStack();
    const key = new SecretManagerSecret(stack, 'key', { secretId: 'key', replication: { auto: {} } });
    const gateway = new TracedCloudRunService(stack, 'gateway', { code });
    gateway.addSecret('/tls/key.pem', Secret.version(key.secretId, '1'));
    const alone = volumesOf(stack).volumes;
    const secrets = { '/tls/key.pem': Secret.version(key.secretId, '1') };
    gateway.addSidecar('proxy', { image: 'proxy', secrets });

    const { volumes, mounts } = volumesOf(stack);
    expect(volumes).toEqual(alone);
    expect(mounts).toEqual([alone[0]?.name, alone[0]?.name]);
  });

  test.each([
    ['secret', Secret.version('other-key', '3')],
    ['version', Secret.version('stripe-key', '4')],
  ])('has a volume of its own where a sidecar has another %s at its path', (_what, other) => {
    const stack = testStack();
    const gateway = new TracedCloudRunService(stack, 'gateway', {
      code,
      secrets: { '/tls/key.pem': stripe },
    });
    const [alone] = volumesOf(stack).volumes;
    for (const name of ['one', 'two']) {
      gateway.addSidecar(name, { image: 'proxy', secrets: { '/tls/key.pem': other } });
    }

    const { volumes, mounts } = volumesOf(stack);
    expect(volumes).toHaveLength(2);
    expect(volumes).toContainEqual(alone);
    const added = volumes.find(({ name }) => name !== alone?.name);
    expect(added?.secret).toMatchObject({
      secret: other.secret,
      items: [{ path: 'key.pem', version: other.version }],
    });
    expect(mounts).toEqual([alone?.name, added?.name, added?.name]);
  });

  test('is open to the account of its service, by itself and once, before the service starts', () => {
    const stack = testStack();
    const gateway = new TracedCloudRunService(stack, 'gateway', { code });
    const grants = [
      gateway.addSecret('STRIPE_KEY', stripe),
      gateway.addSecret('/secrets/stripe/key', stripe),
    ];
    expect(grants[0]).toBe(grants[1]);
    const synthesized = synth(stack);
    expect(resource(synthesized, GRANT)).toMatchObject({
      secret_id: 'stripe-key',
      role: 'roles/secretmanager.secretAccessor',
      member: expect.stringContaining('google_service_account.gateway_'),
    });
    const needed = waitsFor(synthesized, 'google_cloud_run_v2_service.gateway');
    expect(needed).toContain(addresses(synthesized, GRANT)[0]);
    expect(needed).toContain('google_project_service.api-secretmanager');
  });

  test('may be made in the same stack, and is there before the service starts', () => {
    const stack = testStack();
    const secret = new SecretManagerSecret(stack, 'key', { secretId: 'key', replication: { auto: {} } });
    const version = new SecretManagerSecretVersion(stack, 'version', { secret: secret.id, secretData: 'x' });
    const gateway = new TracedCloudRunService(stack, 'gateway', { code });
    gateway.addSecret('KEY', Secret.version(secret.secretId, version.version));
    const synthesized = synth(stack);
    expect(waitsFor(synthesized, 'google_cloud_run_v2_service.gateway')).toContain(
      'google_secret_manager_secret_version.version',
    );
    expect(resource(synthesized, GRANT)['secret_id']).toBe('${google_secret_manager_secret.key.secret_id}');
  });
});

describe('a secret is refused', () => {
  test.each(['latest', '', '0', '1.5'])('in the version %j', (version) => {
    expect(() => service().addSecret('KEY', Secret.version('stripe-key', version))).toThrow(
      `TCR020 at shop/gateway: the secret 'stripe-key' needs the number of a version, got '${version}'; instances of ` +
        "one revision must not see different values: write Secret.version('stripe-key', '1'), and the next number " +
        'with the next deploy',
    );
  });

  test('with a name that is none', () => {
    expect(() => service().addSecret('KEY', Secret.version('my secret', '1'))).toThrow(
      "TCR020 at shop/gateway: a secret must be an id such as 'stripe-key', or projects/PROJECT/secrets/ID, got " +
        "'my secret'",
    );
    expect(() => service().addSecret('KEY', Secret.version('projects/p/secrets/s', '1'))).not.toThrow();
  });

  test('as a variable that is reserved, or taken', () => {
    expect(() => service().addSecret('PORT', stripe)).toThrow(
      "TCR006 at shop/gateway: 'secrets' sets PORT, which is reserved by Cloud Run; take it out",
    );
    expect(() => service().addSecret('OTEL_SERVICE_NAME', stripe)).toThrow(
      'TCR007 at shop/gateway: the environment variable OTEL_SERVICE_NAME is written twice',
    );
  });

  test.each(['/key.pem', '/proc/key', '/secrets/../key/', '/with space/key'])('as the file %j', (path) => {
    expect(() => service().addSecret(path, stripe)).toThrow(
      "TCR021 at shop/gateway: a mount path must be absolute, such as '/data', without a '/' at its end and not within " +
        '/dev, /proc or /sys, got ',
    );
  });

  test('as a second file in one directory', () => {
    const gateway = service();
    gateway.addSecret('/secrets/a', stripe);
    expect(() => gateway.addSecret('/secrets/b', stripe)).toThrow(
      "TCR021 at shop/gateway: something is mounted at '/secrets' already; each volume and each secret file needs a " +
        'directory of its own',
    );
  });
});
