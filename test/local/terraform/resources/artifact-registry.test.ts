import { Repositories } from '../../../../local/artifact-registry/repositories';
import { artifactRegistryRepository } from '../../../../local/terraform/resources/artifact-registry';
import { applyAndSettle, lifecycle, succeeded, TerraformWorkspace } from '../../../helpers/terraform';

const ADDRESS = 'google_artifact_registry_repository.images';
const NAME = 'projects/local-test/locations/europe-west1/repositories/images';

let repositories: Repositories;
let workspace: TerraformWorkspace;

beforeEach(async () => {
  repositories = new Repositories();
  workspace = await TerraformWorkspace.open({
    products: { repositories },
    resourceTypes: [artifactRegistryRepository],
  });
});

afterEach(() => workspace.dispose());

const KEEP = { id: 'keep', action: 'KEEP', most_recent_versions: [{ keep_count: 10 }] };
const DELETE = { id: 'delete', action: 'DELETE', condition: [{ tag_state: 'ANY', older_than: '2592000s' }] };

const repository = (attributes: object = {}) => ({
  resource: {
    google_artifact_registry_repository: {
      images: { repository_id: 'images', format: 'DOCKER', labels: { team: 'documents' }, ...attributes },
    },
  },
});

describe('google_artifact_registry_repository', () => {
  test('lives from creation through update and replacement to destruction', async () => {
    const { created, updated } = await lifecycle(workspace, {
      create: repository(),
      update: {
        config: repository({ description: 'Images', docker_config: [{ immutable_tags: true }] }),
        changed: {
          [ADDRESS]: ['description', 'docker_config.0.immutable_tags', 'update_time'],
        },
      },
      replace: {
        config: repository({ location: 'us-central1', format: 'NPM' }),
        replaced: { [ADDRESS]: ['location', 'format'] },
      },
    });

    expect(created[ADDRESS]).toMatchObject({
      id: NAME,
      name: 'images',
      location: 'europe-west1',
      project: 'local-test',
      mode: 'STANDARD_REPOSITORY',
      create_time: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(updated[ADDRESS]).toMatchObject({ create_time: created[ADDRESS]?.['create_time'] });
    expect(repositories.get(NAME)).toBeUndefined();
  });

  test('keeps its cleanup policies, without a word and without a change in the next plan', async () => {
    await applyAndSettle(
      workspace,
      repository({ cleanup_policies: [KEEP, DELETE], cleanup_policy_dry_run: false }),
    );

    expect(repositories.get(NAME)?.cleanupPolicies).toEqual(
      expect.arrayContaining([
        { id: 'keep', action: 'KEEP', mostRecentVersions: [{ keepCount: 10 }] },
        { id: 'delete', action: 'DELETE', condition: [{ tagState: 'ANY', olderThan: '2592000s' }] },
      ]),
    );
    expect(succeeded(await workspace.validate()).diagnostics).toEqual([]);
  });

  test('changes its cleanup policies in place, and shows a change behind its back', async () => {
    const policies = [KEEP, { ...DELETE, condition: [{ tag_state: 'UNTAGGED', older_than: '86400s' }] }];
    await applyAndSettle(workspace, repository({ cleanup_policies: [KEEP, DELETE] }));
    await workspace.configure(repository({ cleanup_policies: policies }));
    expect(succeeded(await workspace.plan()).actions).toEqual({ [ADDRESS]: 'update' });

    await applyAndSettle(workspace, repository({ cleanup_policies: policies }));
    repositories.update(NAME, { format: 'DOCKER' });

    expect(succeeded(await workspace.plan()).changedPaths[ADDRESS]?.join()).toContain('cleanup_policies');
  });

  const { condition: _, ...nothing } = DELETE;
  test.each<[string, object[], string]>([
    ['an action', [{ ...KEEP, action: 'DROP' }], 'The cleanup policy "keep" has the action "DROP"'],
    ['two of one id', [KEEP, { ...DELETE, id: 'keep' }], 'Two cleanup policies are called "keep"'],
    [
      'eleven',
      Array.from({ length: 11 }, (_each, index) => ({ ...KEEP, id: `keep-${index}` })),
      'A repository has at most 10 cleanup policies',
    ],
    ['one of two kinds', [{ ...DELETE, ...KEEP }], '"keep" has both "condition" and "most_recent_versions"'],
    ['one of no kind', [nothing], '"delete" has neither "condition" nor "most_recent_versions"'],
    ['one that deletes the newest', [{ ...KEEP, action: 'DELETE' }], 'deletes the most recent versions'],
    ['one that keeps nothing', [{ ...KEEP, most_recent_versions: [{ keep_count: 0 }] }], 'keeps 0 versions'],
    ['a tag_state', [{ ...DELETE, condition: [{ tag_state: 'all' }] }], 'has the tag_state "all"'],
    ['a duration', [{ ...DELETE, condition: [{ older_than: '1.5d' }] }], 'has the older_than "1.5d"'],
  ])(
    'is refused with cleanup policies that Artifact Registry does not take: %s',
    (_what, policies, summary) => {
      const config = { repository_id: 'images', cleanup_policies: JSON.parse(JSON.stringify(policies)) };

      expect(artifactRegistryRepository.validate?.(config)).toMatchObject([
        { severity: 'error', summary: expect.stringContaining(summary), path: ['cleanup_policies'] },
      ]);
    },
  );

  test('warns of a duration that Google would answer in other words', () => {
    const policies = [{ ...DELETE, condition: [{ older_than: '30d' }] }];

    expect(
      artifactRegistryRepository.validate?.({ repository_id: 'images', cleanup_policies: policies }),
    ).toMatchObject([{ severity: 'warning', detail: expect.stringContaining('Write "2592000s"') }]);
  });

  test('shows what was changed behind its back, and that it is gone', async () => {
    // GIVEN
    await applyAndSettle(workspace, repository());

    // WHEN somebody describes it, and labels it
    const labels = { ...repositories.get(NAME)?.labels, cost: 'shared' };
    repositories.update(NAME, { format: 'DOCKER', description: 'Mine', labels });

    // THEN the label of somebody else is no change
    const { changedPaths } = succeeded(await workspace.plan());
    expect(changedPaths[ADDRESS]).toContain('description');
    expect(changedPaths[ADDRESS]?.filter((path) => path.includes('labels'))).toEqual([]);

    // WHEN
    repositories.delete(NAME);

    // THEN
    const { actions } = succeeded(await workspace.plan());
    expect(actions).toEqual({ [ADDRESS]: 'create' });
  });

  test('is refused when one of that name exists', async () => {
    repositories.create(NAME, { format: 'DOCKER' });
    await workspace.configure(repository());

    const { ok, diagnostics } = await workspace.apply();

    expect(ok).toBe(false);
    expect(diagnostics[0]?.summary).toContain('Error 409');
  });

  test('is refused without a location', async () => {
    await workspace.configure({ ...repository(), provider: { google: { project: 'local-test' } } });

    const { ok, diagnostics } = await workspace.apply();

    expect(ok).toBe(false);
    expect(diagnostics[0]?.summary).toBe('The repository has no location');
  });

  test('warns of what it keeps without acting on it', async () => {
    await workspace.configure(repository({ kms_key_name: 'projects/p/locations/l/keyRings/r/cryptoKeys/k' }));

    const { ok, diagnostics } = await workspace.validate();

    expect(ok).toBe(true);
    expect(diagnostics).toMatchObject([
      { severity: 'warning', summary: expect.stringContaining('kms_key_name') },
    ]);
  });

  test('takes an empty mode for the default one', () => {
    expect(artifactRegistryRepository.validate?.({ repository_id: 'images', mode: '' })).toEqual([]);
  });

  test.each([
    ['an id in upper case', { repository_id: 'Images' }],
    ['an unknown format', { format: 'ZIP' }],
    ['a remote repository', { mode: 'REMOTE_REPOSITORY' }],
    ['a project outside of the local cloud', { project: 'production' }],
  ])('is refused by its configuration alone: %s', (_, attributes) => {
    const diagnostics = artifactRegistryRepository.validate?.({ repository_id: 'images', ...attributes });

    expect(diagnostics).toMatchObject([{ severity: 'error' }]);
  });
});
