import { CloudRunPolicy, ServiceCode, TracedCloudRunService } from '../../constructs';
import { addresses, synth, testStack, waitsFor } from '../helpers/synth';

const code = ServiceCode.fromImage('europe-docker.pkg.dev/my-project/images/reader:1');
const GRANT = 'google_project_iam_member';
const VERTEX_AI = 'aiplatform.googleapis.com';
const role = 'roles/aiplatform.user';

describe('an API that a service uses', () => {
  test('is enabled and granted to its account in the project before the service starts', () => {
    const stack = testStack();
    CloudRunPolicy.applyTo(stack);
    const reader = new TracedCloudRunService(stack, 'reader', { code });
    const { friendlyUniqueId } = reader.useApi(VERTEX_AI, { role });
    const synthesized = synth(stack);
    const grant = `${GRANT}.${friendlyUniqueId}`;
    expect(synthesized.resources[grant]).toMatchObject({
      project: 'my-project',
      role,
      member: expect.stringContaining('google_service_account.reader_'),
    });
    expect(synthesized.resources['google_project_service.api-aiplatform']).toMatchObject({
      project: 'my-project',
      service: VERTEX_AI,
      disable_on_destroy: false,
    });
    const needed = waitsFor(synthesized, 'google_cloud_run_v2_service.reader');
    expect([...needed]).toEqual(expect.arrayContaining([grant, 'google_project_service.api-aiplatform']));
  });

  test('is enabled and granted once however often it is used', () => {
    const stack = testStack();
    const reader = new TracedCloudRunService(stack, 'reader', { code });
    const writer = new TracedCloudRunService(stack, 'writer', { code });
    const grant = reader.useApi(VERTEX_AI, { role });
    expect(reader.useApi(VERTEX_AI, { role })).toBe(grant);
    writer.useApi(VERTEX_AI, { role });
    const synthesized = synth(stack);
    const granted = addresses(synthesized, GRANT).filter(
      (address) => synthesized.resources[address]?.['role'] === role,
    );
    expect(granted).toHaveLength(2);
  });

  test('is refused with a role that could change everything', () => {
    const stack = testStack();
    CloudRunPolicy.applyTo(stack);
    const reader = new TracedCloudRunService(stack, 'reader', { code });
    reader.useApi(VERTEX_AI, { role: 'roles/aiplatform.admin' });
    expect(() => synth(stack)).toThrow('a service may use roles/aiplatform.admin everywhere');
  });
});
