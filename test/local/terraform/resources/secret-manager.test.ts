import { Iam } from '../../../../local/iam/iam';
import { SecretManager } from '../../../../local/secret-manager/secret-manager';
import { serviceAccount } from '../../../../local/terraform/resources/iam';
import { secret, secretIamMember } from '../../../../local/terraform/resources/secret-manager';
import { secretVersion } from '../../../../local/terraform/resources/secret-manager-version';
import { applyAndSettle, lifecycle, succeeded, TerraformWorkspace } from '../../../helpers/terraform';

const NAME = 'projects/local-test/secrets/api-key';
const SECRET = 'google_secret_manager_secret.key';
const VERSION = 'google_secret_manager_secret_version.key';
const MEMBER = 'google_secret_manager_secret_iam_member.reader';

let secretManager: SecretManager;
let iam: Iam;
let workspace: TerraformWorkspace;

beforeEach(async () => {
  secretManager = new SecretManager();
  iam = new Iam();
  workspace = await TerraformWorkspace.open<{ secretManager: SecretManager; iam: Iam }>({
    products: { secretManager, iam },
    resourceTypes: [secret, secretVersion, secretIamMember, serviceAccount],
  });
});

afterEach(() => workspace.dispose());

const secrets = (attributes: object = {}, rest: object = {}) => ({
  resource: {
    google_secret_manager_secret: {
      key: {
        secret_id: 'api-key',
        replication: [{ auto: [{}] }],
        labels: { team: 'documents' },
        ...attributes,
      },
    },
    ...rest,
  },
});

describe('google_secret_manager_secret', () => {
  test('lives from creation through update and replacement to destruction', async () => {
    const { created } = await lifecycle(workspace, {
      create: secrets(),
      update: {
        config: secrets({ annotations: { owner: 'me' }, version_aliases: { stable: '1' } }),
        changed: { [SECRET]: ['annotations.owner', 'effective_annotations.owner', 'version_aliases.stable'] },
      },
      replace: {
        config: secrets({
          replication: [{ user_managed: [{ replicas: [{ location: 'europe-west1' }] }] }],
        }),
        replaced: { [SECRET]: ['replication.0.auto', 'replication.0.user_managed'] },
      },
    });

    expect(created[SECRET]).toMatchObject({
      id: NAME,
      name: NAME,
      project: 'local-test',
      deletion_protection: false,
      create_time: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(secretManager.secret(NAME)).toBeUndefined();
  });

  test('shows what was changed behind its back, and that it is gone', async () => {
    // GIVEN
    await applyAndSettle(workspace, secrets({ annotations: { owner: 'me' } }));

    // WHEN
    const labels = secretManager.secret(NAME)?.labels ?? {};
    secretManager.updateSecret(NAME, { replication: { auto: {} }, labels, annotations: { owner: 'you' } });

    // THEN
    const { changedPaths } = succeeded(await workspace.plan());
    expect(changedPaths[SECRET]).toContain('annotations.owner');

    // WHEN
    secretManager.deleteSecret(NAME);

    // THEN
    const { actions } = succeeded(await workspace.plan());
    expect(actions).toEqual({ [SECRET]: 'create' });
  });

  test('is not destroyed while it is protected', async () => {
    await applyAndSettle(workspace, secrets({ deletion_protection: true }));

    const { ok, diagnostics } = await workspace.destroy();

    expect(ok).toBe(false);
    expect(diagnostics[0]?.summary).toContain('protected from deletion');
    expect(secretManager.secret(NAME)).toBeDefined();
  });

  test('is refused when one of that id exists', async () => {
    secretManager.createSecret(NAME, { replication: { auto: {} } });
    await workspace.configure(secrets());

    const { ok, diagnostics } = await workspace.apply();

    expect(ok).toBe(false);
    expect(diagnostics[0]?.summary).toContain('Error 409');
  });

  test('warns of what it keeps without acting on it', async () => {
    await workspace.configure(secrets({ ttl: '3600s' }));

    const { ok, diagnostics } = await workspace.validate();

    expect(ok).toBe(true);
    expect(diagnostics).toMatchObject([{ severity: 'warning', summary: expect.stringContaining('"ttl"') }]);
  });

  test.each([
    ['an empty replication', { replication: [{}] }],
    [
      'a key of its own',
      { replication: [{ auto: [{ customer_managed_encryption: [{ kms_key_name: 'k' }] }] }] },
    ],
    ['an id with a slash', { secret_id: 'a/b' }],
    ['a project outside of the local cloud', { project: 'production' }],
  ])('is refused by its configuration alone: %s', (_, attributes) => {
    const config = { secret_id: 'api-key', replication: [{ auto: [{}] }] };

    expect(secret.validate?.({ ...config, ...attributes })).toMatchObject([{ severity: 'error' }]);
  });
});

const versions = (attributes: object = {}) =>
  secrets(
    {},
    {
      google_secret_manager_secret_version: {
        key: { secret: `\${${SECRET}.id}`, secret_data: 'first', ...attributes },
      },
    },
  );

describe('google_secret_manager_secret_version', () => {
  test('lives from creation through update and replacement to destruction', async () => {
    const { created, replaced } = await lifecycle(workspace, {
      create: versions(),
      update: { config: versions({ enabled: false }), changed: { [VERSION]: ['enabled'] } },
      replace: { config: versions({ secret_data: 'second' }), replaced: { [VERSION]: ['secret_data'] } },
    });

    expect(created[VERSION]).toMatchObject({
      id: `${NAME}/versions/1`,
      name: `${NAME}/versions/1`,
      version: '1',
      enabled: true,
      deletion_policy: 'DELETE',
    });
    expect(replaced[VERSION]).toMatchObject({ version: '2', enabled: true });
  });

  test('holds the value that containers read, and destroys it with the version', async () => {
    await applyAndSettle(workspace, versions());
    expect(secretManager.access('local-test', 'api-key', 'latest')).toBe('first');

    await applyAndSettle(workspace, versions({ secret_data: 'second' }));
    expect(secretManager.access('local-test', 'api-key', 'latest')).toBe('second');
    expect(secretManager.access('local-test', 'api-key', '1')).toBeUndefined();
  });

  test('is not printed', async () => {
    await workspace.configure(versions({ secret_data: 'do-not-print-me' }));

    const { text } = succeeded(await workspace.run('plan', '-no-color'));

    expect(text).toContain('(sensitive value)');
    expect(text).not.toContain('do-not-print-me');
  });

  test('takes binary data in base64', async () => {
    const data = Buffer.from([0, 255, 1]).toString('base64');

    await applyAndSettle(workspace, versions({ secret_data: data, is_secret_data_base64: true }));

    expect(secretManager.version(`${NAME}/versions/1`)?.payload).toEqual(Buffer.from([0, 255, 1]));
  });

  test.each([
    ['DISABLE', 'DISABLED'],
    ['ABANDON', 'ENABLED'],
  ])('with the deletion policy %s is %s after destroy', async (policy, state) => {
    await applyAndSettle(workspace, versions({ deletion_policy: policy }));

    await applyAndSettle(workspace, secrets());

    expect(secretManager.version(`${NAME}/versions/1`)?.state).toBe(state);
  });

  test('shows that somebody disabled it, and that it is destroyed', async () => {
    await applyAndSettle(workspace, versions());

    secretManager.setVersionState(`${NAME}/versions/1`, 'DISABLED');
    expect(succeeded(await workspace.plan()).changedPaths).toEqual({ [VERSION]: ['enabled'] });

    secretManager.setVersionState(`${NAME}/versions/1`, 'DESTROYED');
    expect(succeeded(await workspace.plan()).actions).toEqual({ [VERSION]: 'create' });
  });

  test('is refused for a secret that does not exist', async () => {
    await workspace.configure(versions({ secret: 'projects/local-test/secrets/other' }));

    const { ok, diagnostics } = await workspace.apply();

    expect(ok).toBe(false);
    expect(diagnostics[0]?.summary).toBe('Error 404: Secret [projects/local-test/secrets/other] not found');
  });

  test.each([
    ['no data', { secret_data: null }],
    ['over 64 KiB', { secret_data: 'x'.repeat(65_537) }],
    ['write-only data', { secret_data: null, secret_data_wo: 'x' }],
    ['what is not base64', { secret_data: '?', is_secret_data_base64: true }],
    ['an unknown deletion policy', { deletion_policy: 'KEEP' }],
  ])('is refused by its configuration alone: %s', (_, attributes) => {
    const config = { secret: NAME, secret_data: 'first' };

    expect(secretVersion.validate?.({ ...config, ...attributes })).toMatchObject([{ severity: 'error' }]);
  });
});

const members = (attributes: object = {}) =>
  secrets(
    {},
    {
      google_secret_manager_secret_iam_member: {
        reader: {
          secret_id: `\${${SECRET}.secret_id}`,
          role: 'roles/secretmanager.secretAccessor',
          member: 'user:someone@example.com',
          ...attributes,
        },
      },
    },
  );

describe('google_secret_manager_secret_iam_member', () => {
  test('lives from creation through replacement to destruction', async () => {
    const { created } = await lifecycle(workspace, {
      create: members(),
      replace: {
        config: members({ member: 'user:other@example.com' }),
        replaced: { [MEMBER]: ['member'] },
      },
    });

    expect(created[MEMBER]).toMatchObject({
      id: `${NAME}/roles/secretmanager.secretAccessor/user:someone@example.com`,
      project: 'local-test',
    });
  });

  test('lets the member read the secret', async () => {
    await applyAndSettle(workspace, members({ secret_id: `\${${SECRET}.id}` }));

    const resource = `//secretmanager.googleapis.com/${NAME}`;
    expect(iam.members(resource, 'roles/secretmanager.secretAccessor')).toEqual(['user:someone@example.com']);
  });

  test('is refused for a secret and for a service account that do not exist', async () => {
    await workspace.configure(members({ secret_id: 'other' }));
    expect((await workspace.apply()).diagnostics[0]?.summary).toContain('Error 404');

    await workspace.configure(
      members({ member: 'serviceAccount:nobody@local-test.iam.gserviceaccount.com' }),
    );
    expect((await workspace.apply()).diagnostics[0]?.summary).toContain('Error 400');
  });
});
