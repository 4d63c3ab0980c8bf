import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { StorageBucket } from '@cdktf/provider-google/lib/storage-bucket';
import { TerraformStack } from 'cdktf';
import {
  CloudRunPolicy,
  DeploymentEnvironment,
  ServiceCode,
  TracedCloudRunService,
} from '../../../constructs';
import { rulesIn, verdictOn } from '../../helpers/policy';
import { testApp, testStack } from '../../helpers/synth';

/** Rules that a stack breaks, whose service runs an image by a moving tag and has a secret in clear text. */
function brokenIn(compose: (stack: TerraformStack) => void): string[] {
  const stack = new TerraformStack(testApp(), 'shop');
  new GoogleProvider(stack, 'google', { project: 'my-project', region: 'europe-west1' });
  compose(stack);
  return rulesIn(verdictOn(stack));
}

describe('the policy of a stack that says nothing of it', () => {
  const moving = ServiceCode.fromImage('europe-docker.pkg.dev/my-project/images/api:latest');
  const staging = DeploymentEnvironment.staging();

  const add = (
    stack: TerraformStack,
    environment?: DeploymentEnvironment,
    id = 'api',
  ): TracedCloudRunService =>
    new TracedCloudRunService(stack, id, {
      code: moving,
      env: { DB_PASSWORD: 'hunter2' },
      ...(environment && { environment }),
    });

  test('is there with its first service', () => {
    expect(brokenIn((stack) => void add(stack))).toEqual(['immutable-image', 'secrets-by-reference']);
    expect(
      brokenIn((stack) => void new StorageBucket(stack, 'site', { name: 'site', location: 'EU' })),
    ).toEqual([]);
  });

  test('says everything once, whatever the number of services', () => {
    const stack = testStack();
    CloudRunPolicy.applyTo(stack);
    for (const id of ['one', 'other']) add(stack, undefined, id);
    expect(verdictOn(stack).errors).toHaveLength(4);
  });

  test('has the environment of its services, and the strictest where they differ', () => {
    expect(brokenIn((stack) => void add(stack, staging))).toEqual(['secrets-by-reference']);
    const mixed = (...environments: readonly DeploymentEnvironment[]): string[] =>
      brokenIn((stack) => {
        for (const environment of environments) add(stack, environment, environment.name);
      });
    const production = DeploymentEnvironment.production();
    const found = ['immutable-image', 'secrets-by-reference', 'service-deletion-protection'];
    expect(mixed(staging, production)).toEqual(found);
    expect(mixed(production, staging)).toEqual(found);
  });

  test('has the environment that is chosen, before or after the services', () => {
    const both = [
      (stack: TerraformStack) => CloudRunPolicy.applyTo(stack, { environment: staging }),
      (stack: TerraformStack) => void add(stack),
    ];
    for (const steps of [both, both.toReversed()]) {
      expect(brokenIn((stack) => steps.forEach((step) => step(stack)))).toEqual(['secrets-by-reference']);
    }
  });

  test('keeps to waivers that are given before or after the services', () => {
    const reason = 'a password that everybody knows';
    const both = [
      (stack: TerraformStack) => CloudRunPolicy.waive(stack, 'secrets-by-reference', { reason }),
      (stack: TerraformStack) => void add(stack),
    ];
    for (const steps of [both, both.toReversed()]) {
      expect(brokenIn((stack) => steps.forEach((step) => step(stack)))).toEqual(['immutable-image']);
    }
  });
});
