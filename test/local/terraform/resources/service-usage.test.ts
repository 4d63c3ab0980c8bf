import { ServiceUsage } from '../../../../local/service-usage/service-usage';
import { projectService } from '../../../../local/terraform/resources/service-usage';
import { applyAndSettle, lifecycle, succeeded, TerraformWorkspace } from '../../../helpers/terraform';

const ADDRESS = 'google_project_service.run';

let serviceUsage: ServiceUsage;
let workspace: TerraformWorkspace;

beforeEach(async () => {
  serviceUsage = new ServiceUsage();
  workspace = await TerraformWorkspace.open({ products: { serviceUsage }, resourceTypes: [projectService] });
});

afterEach(() => workspace.dispose());

const service = (attributes: object = {}) => ({
  resource: { google_project_service: { run: { service: 'run.googleapis.com', ...attributes } } },
});

test('an API lives from being enabled through update and replacement to being disabled', async () => {
  const { created } = await lifecycle(workspace, {
    create: service(),
    update: {
      config: service({ disable_dependent_services: true }),
      changed: { [ADDRESS]: ['disable_dependent_services'] },
    },
    replace: {
      config: service({ service: 'cloudtrace.googleapis.com' }),
      replaced: { [ADDRESS]: ['service'] },
    },
  });

  expect(created[ADDRESS]).toMatchObject({
    id: 'local-test/run.googleapis.com',
    project: 'local-test',
    disable_on_destroy: true,
  });
  expect(serviceUsage.isEnabled('local-test', 'run.googleapis.com')).toBe(false);
  expect(serviceUsage.isEnabled('local-test', 'cloudtrace.googleapis.com')).toBe(false);
});

test('an API stays enabled after destroy when it is not to be disabled', async () => {
  await applyAndSettle(workspace, service({ disable_on_destroy: false }));

  succeeded(await workspace.destroy());

  expect(serviceUsage.isEnabled('local-test', 'run.googleapis.com')).toBe(true);
});

test('an API that is enabled already is taken as it is', async () => {
  serviceUsage.enable('local-test', 'run.googleapis.com');

  await applyAndSettle(workspace, service());

  expect(Object.keys(await workspace.state())).toEqual([ADDRESS]);
});

test('an API that somebody disabled is enabled again', async () => {
  await applyAndSettle(workspace, service());

  serviceUsage.disable('local-test', 'run.googleapis.com');

  const { actions } = succeeded(await workspace.plan());
  expect(actions).toEqual({ [ADDRESS]: 'create' });
});

test.each([
  ['a short name', { service: 'run' }],
  ['a project outside of the local cloud', { project: 'production' }],
])('an API is refused by its configuration alone: %s', (_, attributes) => {
  const diagnostics = projectService.validate?.({ service: 'run.googleapis.com', ...attributes });

  expect(diagnostics).toMatchObject([{ severity: 'error' }]);
});
