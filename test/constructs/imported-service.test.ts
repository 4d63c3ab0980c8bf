import { TerraformVariable } from 'cdktf';
import { Access, ServiceCode, TracedCloudRunService } from '../../constructs';
import { cloudRunService, resource, synth, testStack } from '../helpers/synth';

const code = ServiceCode.fromImage('image');
const uri = 'https://billing-123456789012.europe-west1.run.app';

describe('a service of others', () => {
  test('is called like one of ours, and adds nothing to the stack but the grant', () => {
    const stack = testStack();
    const gateway = new TracedCloudRunService(stack, 'gateway', { code });
    const billing = TracedCloudRunService.fromServiceAttributes(stack, 'billing', {
      name: 'billing-prod',
      uri,
    });
    gateway.calls(billing, { deadlineMs: 800 });
    const synthesized = synth(stack);
    expect(cloudRunService(synthesized).env).toMatchObject({ BILLING_URL: uri, BILLING_DEADLINE_MS: '800' });
    expect(resource(synthesized, 'google_cloud_run_v2_service_iam_member')).toEqual({
      name: 'billing-prod',
      location: 'europe-west1',
      role: 'roles/run.invoker',
      member: expect.stringContaining('google_service_account.gateway_'),
    });
  });

  test('may be in another project and region', () => {
    const stack = testStack();
    const billing = TracedCloudRunService.fromServiceAttributes(stack, 'billing', {
      name: 'billing',
      uri: new TerraformVariable(stack, 'billing_url', { type: 'string' }).stringValue,
      region: 'us-east1',
      projectId: 'finance',
    });
    new TracedCloudRunService(stack, 'gateway', { code }).calls(billing, { deadlineMs: 800 });
    expect(resource(synth(stack), 'google_cloud_run_v2_service_iam_member')).toMatchObject({
      project: 'finance',
      location: 'us-east1',
    });
  });

  test('is refused where its caller cannot reach it', () => {
    const stack = testStack();
    const access = Access.internal();
    const billing = TracedCloudRunService.fromServiceAttributes(stack, 'billing', {
      name: 'billing',
      uri,
      access,
    });
    const gateway = new TracedCloudRunService(stack, 'gateway', { code });
    expect(() => gateway.calls(billing, { deadlineMs: 800 })).toThrow('TCR013 at shop/gateway: ');
  });

  test.each(['Billing', 'b'.repeat(50), 'billing/', ''])('is refused with the name %j', (name) => {
    expect(() => TracedCloudRunService.fromServiceAttributes(testStack(), 'billing', { name, uri })).toThrow(
      "TCR032 at shop/billing: 'name' must be Cloud Run's name of the service, at most 49 lower-case letters, digits and " +
        `'-', first a letter and last no '-', got '${name}'`,
    );
  });

  test('is refused with an id that cannot name the variables of its callers', () => {
    const attributes = { name: 'billing', uri };
    expect(() => TracedCloudRunService.fromServiceAttributes(testStack(), 'Billing_2', attributes)).toThrow(
      'TCR001 at shop/Billing_2: the construct id names the variables in which its callers find the service and must be ',
    );
  });

  test.each(['http://billing', 'billing', `${uri}/v1`, ''])('is refused with the uri %j', (wrong) => {
    const attributes = { name: 'billing', uri: wrong };
    expect(() => TracedCloudRunService.fromServiceAttributes(testStack(), 'billing', attributes)).toThrow(
      "TCR032 at shop/billing: 'uri' must be an https URL without a path, which is also the audience of ID tokens, got " +
        `'${wrong}'`,
    );
  });
});
