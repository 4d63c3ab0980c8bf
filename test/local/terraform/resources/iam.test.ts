import { Iam } from '../../../../local/iam/iam';
import {
  projectIamMember,
  serviceAccount,
  serviceAccountIamMember,
} from '../../../../local/terraform/resources/iam';
import { applyAndSettle, lifecycle, succeeded, TerraformWorkspace } from '../../../helpers/terraform';

const EMAIL = 'gateway@local-test.iam.gserviceaccount.com';
const PROJECT = '//cloudresourcemanager.googleapis.com/projects/local-test';

let iam: Iam;
let workspace: TerraformWorkspace;

beforeEach(async () => {
  iam = new Iam();
  workspace = await TerraformWorkspace.open({
    products: { iam },
    resourceTypes: [serviceAccount, serviceAccountIamMember, projectIamMember],
  });
});

afterEach(() => workspace.dispose());

const account = (attributes: object = {}) => ({
  resource: { google_service_account: { gateway: { account_id: 'gateway', ...attributes } } },
});

describe('google_service_account', () => {
  test('lives from creation through update and replacement to destruction', async () => {
    const { created, replaced } = await lifecycle(workspace, {
      create: account(),
      update: {
        config: account({ display_name: 'Gateway', description: 'Takes documents', disabled: true }),
        changed: { 'google_service_account.gateway': ['description', 'disabled', 'display_name'] },
      },
      replace: {
        config: account({ account_id: 'gateway-2' }),
        replaced: { 'google_service_account.gateway': ['account_id'] },
      },
    });

    expect(created['google_service_account.gateway']).toMatchObject({
      id: `projects/local-test/serviceAccounts/${EMAIL}`,
      name: `projects/local-test/serviceAccounts/${EMAIL}`,
      email: EMAIL,
      member: `serviceAccount:${EMAIL}`,
      project: 'local-test',
      disabled: false,
      unique_id: expect.stringMatching(/^\d{21}$/),
    });
    expect(replaced['google_service_account.gateway']).toMatchObject({
      email: 'gateway-2@local-test.iam.gserviceaccount.com',
    });
    expect(iam.serviceAccounts()).toEqual([]);
  });

  test('knows its names in the plan', async () => {
    await workspace.configure(account());

    const { planned } = succeeded(await workspace.plan());

    expect(planned['google_service_account.gateway']).toMatchObject({
      email: EMAIL,
      member: `serviceAccount:${EMAIL}`,
    });
  });

  test('shows what was changed behind its back, and that it is gone', async () => {
    // GIVEN
    await applyAndSettle(workspace, account({ display_name: 'Gateway' }));

    // WHEN somebody renames and disables it
    Object.assign(iam.serviceAccount(EMAIL) ?? {}, { displayName: 'Other', disabled: true });

    // THEN
    const { changedPaths } = succeeded(await workspace.plan());
    expect(changedPaths).toEqual({ 'google_service_account.gateway': ['disabled', 'display_name'] });

    // WHEN it is deleted
    iam.deleteServiceAccount(EMAIL);

    // THEN
    const { actions } = succeeded(await workspace.plan());
    expect(actions).toEqual({ 'google_service_account.gateway': 'create' });
  });

  test('is refused when one of that id exists, unless it is to be taken over', async () => {
    // GIVEN
    iam.createServiceAccount({
      projectId: 'local-test',
      email: EMAIL,
      uniqueId: '1'.repeat(21),
      displayName: '',
      description: '',
      disabled: false,
    });

    // WHEN
    await workspace.configure(account());
    const refused = await workspace.apply();

    // THEN
    expect(refused.ok).toBe(false);
    expect(refused.diagnostics[0]?.summary).toContain('Error 409');
    expect(await workspace.state()).toEqual({});

    // WHEN
    await applyAndSettle(workspace, account({ create_ignore_already_exists: true, display_name: 'Gateway' }));

    // THEN
    expect(iam.serviceAccount(EMAIL)).toMatchObject({ uniqueId: '1'.repeat(21), displayName: 'Gateway' });
  });

  test.each([
    ['too short', { account_id: 'short' }],
    ['too long', { account_id: 'a'.repeat(31) }],
    ['upper case', { account_id: 'Gateway' }],
    ['a digit first', { account_id: '1gateway' }],
    ['a hyphen last', { account_id: 'gateway-' }],
    ['a description over 256 bytes', { description: 'ü'.repeat(129) }],
    ['a project outside of the local cloud', { project: 'production' }],
  ])('is refused by its configuration alone: %s', (_, attributes) => {
    const diagnostics = serviceAccount.validate?.({ account_id: 'gateway', ...attributes });

    expect(diagnostics).toMatchObject([{ severity: 'error' }]);
  });
});

const grant = (type: string, attributes: object) => ({
  resource: {
    google_service_account: { gateway: { account_id: 'gateway' } },
    [type]: { grant: { member: '${google_service_account.gateway.member}', ...attributes } },
  },
});

const projectMember = (attributes: object = {}) =>
  grant('google_project_iam_member', {
    project: 'local-test',
    role: 'roles/cloudtrace.agent',
    ...attributes,
  });

describe('google_project_iam_member', () => {
  test('lives from creation through replacement to destruction', async () => {
    const { created } = await lifecycle(workspace, {
      create: projectMember(),
      replace: {
        config: projectMember({ role: 'roles/monitoring.metricWriter', project: 'local-other' }),
        replaced: { 'google_project_iam_member.grant': ['project', 'role'] },
      },
    });

    expect(created['google_project_iam_member.grant']).toMatchObject({
      id: `local-test/roles/cloudtrace.agent/serviceAccount:${EMAIL}`,
      etag: expect.stringMatching(/.+/),
    });
    expect(iam.members(PROJECT, 'roles/cloudtrace.agent')).toEqual([]);
  });

  test('adds to the members there are and takes only itself away', async () => {
    // GIVEN
    iam.addMember(PROJECT, 'roles/cloudtrace.agent', 'user:someone@example.com');

    // WHEN
    await applyAndSettle(workspace, projectMember());

    // THEN
    expect(iam.members(PROJECT, 'roles/cloudtrace.agent')).toEqual([
      'user:someone@example.com',
      `serviceAccount:${EMAIL}`,
    ]);

    // WHEN
    succeeded(await workspace.destroy());

    // THEN
    expect(iam.members(PROJECT, 'roles/cloudtrace.agent')).toEqual(['user:someone@example.com']);
  });

  test('is granted again after somebody took it away', async () => {
    await applyAndSettle(workspace, projectMember());

    iam.removeMember(PROJECT, 'roles/cloudtrace.agent', `serviceAccount:${EMAIL}`);

    const { actions } = succeeded(await workspace.plan());
    expect(actions).toEqual({ 'google_project_iam_member.grant': 'create' });
  });

  test('is refused for a service account that does not exist', async () => {
    await workspace.configure(
      projectMember({ member: 'serviceAccount:nobody@local-test.iam.gserviceaccount.com' }),
    );

    const { ok, diagnostics } = await workspace.apply();

    expect(ok).toBe(false);
    expect(diagnostics[0]?.summary).toBe(
      'Error 400: Service account nobody@local-test.iam.gserviceaccount.com does not exist',
    );
    expect(Object.keys(await workspace.state())).toEqual(['google_service_account.gateway']);
  });

  test('is refused with a condition, before anything is planned', async () => {
    await workspace.configure(projectMember({ condition: [{ title: 'nights', expression: 'false' }] }));

    const { ok, diagnostics } = await workspace.validate();

    expect(ok).toBe(false);
    expect(diagnostics).toMatchObject([
      { summary: 'IAM conditions are not modelled in the local cloud ("nights")' },
    ]);
  });

  test("is granted to Google's own service agents", async () => {
    await applyAndSettle(
      workspace,
      projectMember({ member: 'serviceAccount:service-1@serverless-robot-prod.iam.gserviceaccount.com' }),
    );

    expect(iam.members(PROJECT, 'roles/cloudtrace.agent')).toHaveLength(1);
  });

  test.each([
    ['everybody', { member: 'allUsers' }],
    ['a member without its kind', { member: EMAIL }],
    ['a role without its prefix', { role: 'cloudtrace.agent' }],
    ['a project outside of the local cloud', { project: 'production' }],
  ])('is refused by its configuration alone: %s', (_, attributes) => {
    const config = { project: 'local-test', role: 'roles/run.invoker', member: 'user:a@example.com' };

    expect(projectIamMember.validate?.({ ...config, ...attributes })).toMatchObject([{ severity: 'error' }]);
  });
});

const accountMember = (attributes: object = {}) =>
  grant('google_service_account_iam_member', {
    service_account_id: '${google_service_account.gateway.name}',
    role: 'roles/iam.serviceAccountUser',
    member: 'user:someone@example.com',
    ...attributes,
  });

describe('google_service_account_iam_member', () => {
  test('lives from creation through replacement to destruction', async () => {
    const { created } = await lifecycle(workspace, {
      create: accountMember(),
      replace: {
        config: accountMember({ member: 'user:other@example.com' }),
        replaced: { 'google_service_account_iam_member.grant': ['member'] },
      },
    });

    expect(created['google_service_account_iam_member.grant']).toMatchObject({
      id: `projects/local-test/serviceAccounts/${EMAIL}/roles/iam.serviceAccountUser/user:someone@example.com`,
    });
    const resource = `//iam.googleapis.com/projects/local-test/serviceAccounts/${EMAIL}`;
    expect(iam.members(resource, 'roles/iam.serviceAccountUser')).toEqual([]);
  });

  test('is refused on a service account that does not exist', async () => {
    await workspace.configure(
      accountMember({ service_account_id: 'projects/local-test/serviceAccounts/nobody' }),
    );

    const { ok, diagnostics } = await workspace.apply();

    expect(ok).toBe(false);
    expect(diagnostics[0]?.summary).toContain('Error 404');
  });
});
