import { Monitoring } from '../../../../local/monitoring/monitoring';
import { dashboard } from '../../../../local/terraform/resources/monitoring-dashboard';
import { applyAndSettle, lifecycle, succeeded, TerraformWorkspace } from '../../../helpers/terraform';

const DASHBOARD = 'google_monitoring_dashboard.pipeline';

let monitoring: Monitoring;
let workspace: TerraformWorkspace;

beforeEach(async () => {
  monitoring = new Monitoring();
  workspace = await TerraformWorkspace.open({ products: { monitoring }, resourceTypes: [dashboard] });
});

afterEach(() => workspace.dispose());

const CONTENT = { displayName: 'Pipeline', gridLayout: { columns: '2', widgets: [{ title: 'Latency' }] } };

const dashboards = (json: string, attributes: object = {}) => ({
  resource: { google_monitoring_dashboard: { pipeline: { dashboard_json: json, ...attributes } } },
});

describe('google_monitoring_dashboard', () => {
  test('lives from creation through update and replacement to destruction', async () => {
    const { created } = await lifecycle(workspace, {
      create: dashboards(JSON.stringify(CONTENT, null, 2)),
      update: {
        config: dashboards(JSON.stringify({ ...CONTENT, displayName: 'Documents' })),
        changed: { [DASHBOARD]: ['dashboard_json'] },
      },
      replace: {
        config: dashboards(JSON.stringify(CONTENT), { project: 'local-other' }),
        replaced: { [DASHBOARD]: ['project'] },
      },
    });

    const id = created[DASHBOARD]?.['id'];
    expect(id).toMatch(/^projects\/local-test\/dashboards\/[0-9a-f-]{36}$/);
    expect(monitoring.dashboard(String(id))).toBeUndefined();
  });

  test('is the same dashboard in another spelling', async () => {
    await applyAndSettle(workspace, dashboards(JSON.stringify(CONTENT)));
    await workspace.configure(dashboards(JSON.stringify(CONTENT, null, 2)));

    const { actions } = succeeded(await workspace.plan());

    expect(actions).toEqual({});
  });

  test('shows what was changed behind its back, and that it is gone', async () => {
    await applyAndSettle(workspace, dashboards(JSON.stringify(CONTENT)));
    const id = String((await workspace.state())[DASHBOARD]?.['id']);

    monitoring.putDashboard(id, { ...CONTENT, displayName: 'Mine' });
    expect(succeeded(await workspace.plan()).changedPaths).toEqual({ [DASHBOARD]: ['dashboard_json'] });

    monitoring.deleteDashboard(id);
    expect(succeeded(await workspace.plan()).actions).toEqual({ [DASHBOARD]: 'create' });
  });

  test.each([
    ['no JSON', '{ displayName: "Pipeline" }'],
    ['no object', '["Pipeline"]'],
    ['no name', '{}'],
  ])('is refused by its configuration alone: %s', (_, json) => {
    expect(dashboard.validate?.({ dashboard_json: json })).toMatchObject([{ severity: 'error' }]);
  });
});
