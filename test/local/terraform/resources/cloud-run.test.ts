import { cloudRunService, cloudRunServiceIamMember } from '../../../../local/terraform/resources/cloud-run';
import { applyAndSettle, lifecycle, succeeded, TerraformWorkspace } from '../../../helpers/terraform';
import { CloudRunFixture, program } from '../../run/cloud-run-fixture';
import { ADDRESS, EMAIL, minimal, service } from './cloud-run-config';

const MEMBER_ADDRESS = 'google_cloud_run_v2_service_iam_member.public';
const NAME = 'projects/local-test/locations/europe-west1/services/gateway';
const IAM_NAME = `//run.googleapis.com/${NAME}`;

/** What changes with every new generation. */
const GENERATION = [
  'conditions',
  'etag',
  'generation',
  'latest_created_revision',
  'latest_ready_revision',
  'observed_generation',
  'terminal_condition',
  'update_time',
];

let cloud: CloudRunFixture;
let workspace: TerraformWorkspace;

beforeEach(async () => {
  cloud = await CloudRunFixture.open();
  cloud.iam.createServiceAccount({
    projectId: 'local-test',
    email: EMAIL,
    uniqueId: '100000000000000000001',
    displayName: '',
    description: '',
    disabled: false,
  });
  await cloud.publish(
    'image:1',
    program(`(request, response) => response.end(process.env.GREETING ?? 'none')`),
  );
  await cloud.publish('image:crashing', `console.error('no luck'); process.exit(4)`);
  workspace = await TerraformWorkspace.open({
    products: { run: cloud.run, iam: cloud.iam },
    resourceTypes: [cloudRunService, cloudRunServiceIamMember],
  });
});

afterEach(async () => {
  await workspace.dispose();
  await cloud.dispose();
});

const call = async (): Promise<string> => {
  const [deployed] = cloud.run.list();
  return (await fetch(deployed?.uri ?? '')).text();
};

describe('google_cloud_run_v2_service', () => {
  test('lives from creation through update and replacement to destruction', async () => {
    const { created, updated, replaced } = await lifecycle(workspace, {
      create: service(),
      update: {
        config: service(
          {},
          {},
          {
            env: [
              { name: 'GREETING', value: 'hello' },
              { name: 'MORE', value: '1' },
            ],
          },
        ),
        changed: {
          [ADDRESS]: [
            ...GENERATION,
            'template.0.containers.0.env.1.name',
            'template.0.containers.0.env.1.value',
          ],
        },
      },
      replace: { config: service({ location: 'us-central1' }), replaced: { [ADDRESS]: ['location'] } },
    });

    expect(created[ADDRESS]).toMatchObject({
      id: NAME,
      project: 'local-test',
      uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      generation: '1',
      ingress: 'INGRESS_TRAFFIC_ALL',
      launch_stage: 'GA',
      effective_labels: { team: 'documents' },
      latest_ready_revision: expect.stringMatching(new RegExp(`^${NAME}/revisions/gateway-00001-[a-z]{3}$`)),
      terminal_condition: [expect.objectContaining({ type: 'Ready', state: 'CONDITION_SUCCEEDED' })],
      template: [
        expect.objectContaining({
          containers: [
            expect.objectContaining({
              ports: [{ container_port: 8080, name: 'http1' }],
              startup_probe: [expect.objectContaining({ timeout_seconds: 1, initial_delay_seconds: 0 })],
              liveness_probe: [expect.objectContaining({ period_seconds: 10, failure_threshold: 3 })],
            }),
          ],
        }),
      ],
    });
    expect(updated[ADDRESS]).toMatchObject({
      generation: '2',
      uri: created[ADDRESS]?.['uri'],
      uid: created[ADDRESS]?.['uid'],
    });
    expect(replaced[ADDRESS]?.['uid']).not.toBe(created[ADDRESS]?.['uid']);
    expect(cloud.run.list()).toEqual([]);
  });

  test('runs with what is configured, and one changed variable is one update in place', async () => {
    await applyAndSettle(workspace, service());
    expect(await call()).toBe('hello');

    // WHEN
    await workspace.configure(service({}, {}, { env: [{ name: 'GREETING', value: 'welcome' }] }));
    const plan = succeeded(await workspace.plan());

    // THEN
    expect(plan.actions).toEqual({ [ADDRESS]: 'update' });
    succeeded(await workspace.apply());
    expect(await call()).toBe('welcome');
  });

  test("works with Google's defaults where nothing is configured", async () => {
    // GIVEN
    await applyAndSettle(workspace, minimal());

    // THEN
    const [deployed] = cloud.run.list();
    expect(deployed?.spec).toMatchObject({
      invokerIamDisabled: false,
      template: {
        timeoutSec: 300,
        concurrency: 80,
        scaling: { minInstances: 0, maxInstances: 100 },
        serviceAccount: expect.stringMatching(/^\d{12}-compute@developer\.gserviceaccount\.com$/),
        container: {
          port: 8080,
          resources: { cpu: '1000m', memory: '512Mi', cpuIdle: true },
          startupProbe: { initialDelaySec: 0, timeoutSec: 240, periodSec: 240, failureThreshold: 1 },
        },
      },
    });
    expect((await workspace.state())[ADDRESS]).toMatchObject({
      deletion_protection: true,
      template: [expect.objectContaining({ timeout: '300s', max_instance_request_concurrency: 80 })],
    });
  });

  test('is protected against destruction and replacement until that is turned off', async () => {
    // GIVEN
    const message =
      'cannot destroy service without setting deletion_protection=false and running `terraform apply`';
    await applyAndSettle(workspace, minimal());

    // WHEN, THEN
    expect((await workspace.destroy()).diagnostics[0]?.summary).toBe(message);
    await workspace.configure(minimal({ location: 'us-central1' }));
    expect((await workspace.apply()).diagnostics[0]?.summary).toBe(message);
    expect(cloud.run.list()).toHaveLength(1);

    await applyAndSettle(workspace, minimal({ deletion_protection: false }));
    succeeded(await workspace.destroy());
    expect(cloud.run.list()).toEqual([]);
  });

  test('that does not start leaves nothing, and one that does not start any more leaves the old revision', async () => {
    // GIVEN
    await workspace.configure(service({}, {}, { image: 'image:crashing' }));

    // WHEN, THEN
    const failed = await workspace.apply();
    expect(failed.text).toContain('called exit(4)');
    expect(failed.text).toContain('no luck');
    expect(await workspace.state()).toEqual({});

    await applyAndSettle(workspace, service());
    await workspace.configure(service({}, {}, { image: 'image:crashing' }));
    expect((await workspace.apply()).ok).toBe(false);
    expect(await call()).toBe('hello');
    // The next plan still wants the update.
    expect(succeeded(await workspace.plan()).actions).toEqual({ [ADDRESS]: 'update' });
  });

  test('is refused when its account or image does not exist', async () => {
    await workspace.configure(service({}, { service_account: 'nobody@local-test.iam.gserviceaccount.com' }));
    expect((await workspace.apply()).diagnostics[0]?.summary).toBe(
      'Error 400: Service account nobody@local-test.iam.gserviceaccount.com does not exist',
    );
    await workspace.configure(service({}, {}, { image: 'image:2' }));
    expect((await workspace.apply()).diagnostics[0]?.summary).toMatch(
      /^image image:2 is not in the local registry/,
    );
  });

  test('that is gone is planned anew', async () => {
    await applyAndSettle(workspace, service());
    await cloud.run.delete({ projectId: 'local-test', location: 'europe-west1', name: 'gateway' });
    expect(succeeded(await workspace.plan()).actions).toEqual({ [ADDRESS]: 'create' });
  });
});

const member = (attributes: object = {}): object => ({
  resource: {
    ...service().resource,
    google_cloud_run_v2_service_iam_member: {
      public: {
        name: `\${${ADDRESS}.name}`,
        location: `\${${ADDRESS}.location}`,
        role: 'roles/run.invoker',
        member: `serviceAccount:${EMAIL}`,
        ...attributes,
      },
    },
  },
});

describe('google_cloud_run_v2_service_iam_member', () => {
  test('lives from creation through replacement to destruction', async () => {
    const { created } = await lifecycle(workspace, {
      create: { ...member() },
      replace: { config: { ...member({ member: 'allUsers' }) }, replaced: { [MEMBER_ADDRESS]: ['member'] } },
    });
    expect(created[MEMBER_ADDRESS]).toMatchObject({
      id: `${NAME}/roles/run.invoker/serviceAccount:${EMAIL}`,
    });
    expect(cloud.iam.members(IAM_NAME, 'roles/run.invoker')).toEqual([]);
  });

  test('takes the whole name of the service and the region of the provider', async () => {
    await applyAndSettle(workspace, {
      ...member({ name: `\${${ADDRESS}.id}`, location: undefined, member: 'allUsers' }),
    });
    expect(cloud.iam.hasMember(IAM_NAME, 'roles/run.invoker', 'allUsers')).toBe(true);
  });

  test.each<[string, object]>([
    [
      'Error 404: Cloud Run service projects/local-test/locations/europe-west1/services/lost does not exist',
      { name: 'lost' },
    ],
    [
      'Error 400: Service account nobody@local-test.iam.gserviceaccount.com does not exist',
      { member: 'serviceAccount:nobody@local-test.iam.gserviceaccount.com' },
    ],
    [
      'IAM conditions are not modelled in the local cloud ("t")',
      { condition: { title: 't', expression: 'true' } },
    ],
  ])('is refused: %s', async (summary, attributes) => {
    await workspace.configure({ ...member(attributes) });
    const { diagnostics } = await workspace.apply();
    expect(diagnostics.map((diagnostic) => diagnostic.summary)).toContain(summary);
  });
});
