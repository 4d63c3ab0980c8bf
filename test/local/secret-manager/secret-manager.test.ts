import { SecretManager } from '../../../local/secret-manager/secret-manager';

const SECRET = 'projects/local-test/secrets/api-key';

function withVersions(...values: string[]): SecretManager {
  const secretManager = new SecretManager();
  secretManager.createSecret(SECRET, { replication: { auto: {} }, versionAliases: { stable: '1' } });
  for (const value of values) secretManager.addVersion(SECRET, Buffer.from(value));
  return secretManager;
}

describe('SecretManager.access', () => {
  test('gives a version by its number, by an alias and as the latest', () => {
    const secretManager = withVersions('first', 'second');

    expect(secretManager.access('local-test', 'api-key', '1')).toBe('first');
    expect(secretManager.access('local-test', 'api-key', 'stable')).toBe('first');
    expect(secretManager.access('local-test', 'api-key', 'latest')).toBe('second');
  });

  test('gives nothing where there is nothing', () => {
    const secretManager = withVersions('first');

    expect(secretManager.access('local-test', 'other', 'latest')).toBeUndefined();
    expect(secretManager.access('local-other', 'api-key', 'latest')).toBeUndefined();
    expect(secretManager.access('local-test', 'api-key', '2')).toBeUndefined();
    expect(secretManager.access('local-test', 'api-key', 'unknown')).toBeUndefined();
    expect(withVersions().access('local-test', 'api-key', 'latest')).toBeUndefined();
  });

  test('does not fall back to an older version when the latest is disabled', () => {
    // GIVEN
    const secretManager = withVersions('first', 'second');

    // WHEN
    secretManager.setVersionState(`${SECRET}/versions/2`, 'DISABLED');

    // THEN
    expect(secretManager.access('local-test', 'api-key', 'latest')).toBeUndefined();
    expect(secretManager.access('local-test', 'api-key', '1')).toBe('first');
  });

  test('never gives a destroyed version back', () => {
    // GIVEN
    const secretManager = withVersions('first');
    secretManager.setVersionState(`${SECRET}/versions/1`, 'DESTROYED');

    // WHEN
    secretManager.setVersionState(`${SECRET}/versions/1`, 'ENABLED');

    // THEN
    expect(secretManager.access('local-test', 'api-key', '1')).toBeUndefined();
    expect(secretManager.version(`${SECRET}/versions/1`)?.payload).toHaveLength(0);
  });
});

test('a version number is never used again', () => {
  const secretManager = withVersions('first');
  secretManager.setVersionState(`${SECRET}/versions/1`, 'DESTROYED');

  expect(secretManager.addVersion(SECRET, Buffer.from('again'))?.name).toBe(`${SECRET}/versions/2`);
});

test('deleting a secret takes its versions with it', () => {
  const secretManager = withVersions('first');

  secretManager.deleteSecret(SECRET);

  expect(secretManager.version(`${SECRET}/versions/1`)).toBeUndefined();
  expect(secretManager.addVersion(SECRET, Buffer.from('more'))).toBeUndefined();
});
