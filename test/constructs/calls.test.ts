import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { TerraformStack } from 'cdktf';
import { Access, type ITracedCloudRunService, ServiceCode, TracedCloudRunService } from '../../constructs';
import { addresses, cloudRunService, resource, synth, testApp, testStack, waitsFor } from '../helpers/synth';

const code = ServiceCode.fromImage('image');
const INVOKER = 'google_cloud_run_v2_service_iam_member';

/** There are 2^40 ways through so many layers. */
const LAYERS = 40;

/** A stack with a chain of services, and one that no one calls yet. */
function services() {
  const stack = testStack();
  const service = (id: string): TracedCloudRunService => new TracedCloudRunService(stack, id, { code });
  return {
    stack,
    gateway: service('gateway'),
    processor: service('processor'),
    storage: service('storage'),
    wordCounter: service('word-counter'),
  };
}

describe('calls', () => {
  test('grants the caller, and only the caller, to invoke the callee', () => {
    const { stack, gateway, processor, storage } = services();
    gateway.calls(processor, { deadlineMs: 10_000 });
    processor.calls(storage, { deadlineMs: 5000 });
    const synthesized = synth(stack);
    const grants = addresses(synthesized, INVOKER).map((address) => synthesized.resources[address]);
    expect(grants).toEqual([
      {
        name: '${google_cloud_run_v2_service.processor.name}',
        location: 'europe-west1',
        role: 'roles/run.invoker',
        member: expect.stringContaining('google_service_account.gateway_'),
      },
      {
        name: '${google_cloud_run_v2_service.storage.name}',
        location: 'europe-west1',
        role: 'roles/run.invoker',
        member: expect.stringContaining('google_service_account.processor_'),
      },
    ]);
  });

  test('grants it in the project of the callee where another stack deploys that', () => {
    const app = testApp();
    const finance = new TerraformStack(app, 'finance');
    new GoogleProvider(finance, 'google', { project: 'finance-project', region: 'us-east1' });
    const billing = new TracedCloudRunService(finance, 'billing', { code });
    const shop = testStack('shop', app);
    new TracedCloudRunService(shop, 'gateway', { code }).calls(billing, { deadlineMs: 1000 });
    expect(resource(synth(shop), INVOKER)).toMatchObject({
      project: 'finance-project',
      location: 'us-east1',
      role: 'roles/run.invoker',
    });
  });

  test('tells the caller where the callee is, by reference, and how long to wait', () => {
    const { stack, gateway, wordCounter } = services();
    gateway.calls(wordCounter, { deadlineMs: 1500 });
    expect(cloudRunService(synth(stack), '.gateway').env).toMatchObject({
      WORD_COUNTER_URL: '${google_cloud_run_v2_service.word-counter.uri}',
      WORD_COUNTER_DEADLINE_MS: '1500',
    });
    expect(cloudRunService(synth(stack), '.word-counter').env).not.toHaveProperty('WORD_COUNTER_URL');
  });

  test('has the grant in place before the caller starts', () => {
    const { stack, gateway, processor } = services();
    gateway.calls(processor, { deadlineMs: 1000 });
    const synthesized = synth(stack);
    const [grant = ''] = addresses(synthesized, INVOKER);
    expect(waitsFor(synthesized, 'google_cloud_run_v2_service.gateway')).toContain(grant);
    expect(waitsFor(synthesized, grant)).toContain('google_cloud_run_v2_service.processor');
    expect(waitsFor(synthesized, 'google_cloud_run_v2_service.processor')).not.toContain(
      'google_cloud_run_v2_service.gateway',
    );
  });

  test('may meet again: two callers of one callee are no cycle', () => {
    const { gateway, processor, storage, wordCounter } = services();
    gateway.calls(processor, { deadlineMs: 1000 });
    gateway.calls(wordCounter, { deadlineMs: 1000 });
    processor.calls(storage, { deadlineMs: 500 });
    expect(() => wordCounter.calls(storage, { deadlineMs: 500 })).not.toThrow();
  });

  test('may be many: services in layers that all call all of the next are checked at once', () => {
    const stack = testStack();
    const layer = (name: string): TracedCloudRunService[] =>
      ['a', 'b'].map((id) => new TracedCloudRunService(stack, `${id}-${name}`, { code }));
    const top = Array.from({ length: LAYERS }, (_, index) => `layer-${index}`).reduce((below, name) => {
      const above = layer(name);
      for (const caller of above) for (const callee of below) caller.calls(callee, { deadlineMs: 1000 });
      return above;
    }, layer('bottom'));
    expect(top.map(({ node }) => node.id)).toEqual([`a-layer-${LAYERS - 1}`, `b-layer-${LAYERS - 1}`]);
  });

  test('refuses a service that calls itself', () => {
    const { gateway } = services();
    expect(() => gateway.calls(gateway, { deadlineMs: 1000 })).toThrow(
      "TCR009 at shop/gateway: 'gateway' cannot call itself; call a function instead",
    );
  });

  test('refuses the same callee twice', () => {
    const { gateway, processor } = services();
    gateway.calls(processor, { deadlineMs: 1000 });
    expect(() => gateway.calls(processor, { deadlineMs: 2000 })).toThrow(
      "TCR010 at shop/gateway: the call to 'processor' is declared twice; keep one calls() with one deadlineMs",
    );
  });

  test('refuses a cycle and names it', () => {
    const { gateway, processor, storage } = services();
    gateway.calls(processor, { deadlineMs: 1000 });
    processor.calls(storage, { deadlineMs: 1000 });
    expect(() => storage.calls(gateway, { deadlineMs: 1000 })).toThrow(
      "TCR011 at shop/storage: calling 'gateway' closes the cycle storage -> gateway -> processor -> storage; " +
        'no service of a cycle can be deployed before the others: take one of these calls out',
    );
  });

  test('takes a deadline just below the request timeout and refuses one that is not', () => {
    const stack = testStack();
    const gateway = new TracedCloudRunService(stack, 'gateway', { code, timeoutSec: 10 });
    const processor = new TracedCloudRunService(stack, 'processor', { code });
    expect(() => gateway.calls(processor, { deadlineMs: 10_000 })).toThrow(
      "TCR012 at shop/gateway: the deadline for 'processor' must be below this service's own timeoutSec of 10 " +
        '(10000 ms), got 10000 ms; Cloud Run would answer 504 before the deadline passes',
    );
    expect(() => gateway.calls(processor, { deadlineMs: 9999 })).not.toThrow();
  });

  test.each([
    ['internal', Access.internal()],
    ['load balancer', Access.loadBalancer()],
  ])('refuses a callee that its caller cannot reach: %s', (_, access) => {
    const stack = testStack();
    const gateway = new TracedCloudRunService(stack, 'gateway', { code });
    const callee: ITracedCloudRunService = new TracedCloudRunService(stack, 'processor', { code, access });
    expect(() => gateway.calls(callee, { deadlineMs: 1000 })).toThrow(
      "TCR013 at shop/gateway: 'processor' is reachable from the project's networks only, and this service sends nothing " +
        "through one; write vpcEgress: VpcEgress.allTraffic({ subnetwork: '...' }) here, or give the callee " +
        'Access.authenticated(), which lets in granted callers only',
    );
  });
});
