import { TerraformVariable } from 'cdktf';
import { Sampling, ServiceCode, ServiceGraph, TracedCloudRunService } from '../../constructs';
import { synth, testApp, testStack, warnings } from '../helpers/synth';

const code = ServiceCode.fromImage('image');

/** A stack with services that may call each other. */
function services() {
  const stack = testStack();
  const service = (id: string): TracedCloudRunService => new TracedCloudRunService(stack, id, { code });
  return {
    stack,
    gateway: service('gateway'),
    processor: service('processor'),
    storage: service('storage'),
    audit: service('audit'),
  };
}

/** Ids in the order of calls. */
function order(scope: TracedCloudRunService): string[] {
  return ServiceGraph.of(scope)
    .inCallOrder()
    .map(({ node }) => node.id);
}

/** Codes and paths of what is wrong with a chain of deadlines that grow, declared from its start or from its end. */
function errorsOfChain(reversed: boolean): string[] {
  const { stack, gateway, processor, storage, audit } = services();
  const statements = [
    () => gateway.calls(processor, { deadlineMs: 1000 }),
    () => processor.calls(storage, { deadlineMs: 2000 }),
    () => storage.calls(audit, { deadlineMs: 3000 }),
  ];
  for (const statement of reversed ? statements.toReversed() : statements) statement();
  try {
    synth(stack);
    return [];
  } catch (error) {
    return String(error).match(/TCR031 at [a-z/]+/g) ?? [];
  }
}

describe('deadlines along a path', () => {
  test('are taken where each fits inside the one before', () => {
    const { stack, gateway, processor, storage } = services();
    gateway.calls(processor, { deadlineMs: 1000 });
    processor.calls(storage, { deadlineMs: 999 });
    expect(() => synth(stack)).not.toThrow();
  });

  test.each([1000, 1085])('are refused at synth where one does not: %p ms inside 1000', (deadlineMs) => {
    const { stack, gateway, processor, storage } = services();
    gateway.calls(processor, { deadlineMs: 1000 });
    processor.calls(storage, { deadlineMs });
    expect(() => synth(stack)).toThrow(
      `TCR031 at shop/processor: 'gateway' waits 1000 ms for 'processor', which waits ${deadlineMs} ms for 'storage': ` +
        "'gateway' would give up first, and the 504 would say nothing of 'storage'; write less than 1000 ms here or " +
        `more than ${deadlineMs} ms in 'gateway'`,
    );
  });

  test('are all found at once, whatever the order of the statements', () => {
    expect(errorsOfChain(false)).toEqual(['TCR031 at shop/processor', 'TCR031 at shop/storage']);
    expect(errorsOfChain(true)).toEqual(errorsOfChain(false));
  });
});

describe('the order of calls', () => {
  test('has every caller before its callees, whatever they were composed in', () => {
    const { gateway, processor, storage, audit } = services();
    audit.calls(storage, { deadlineMs: 1000 });
    storage.calls(processor, { deadlineMs: 500 });
    audit.calls(gateway, { deadlineMs: 500 });
    expect(order(gateway)).toEqual(['audit', 'storage', 'processor', 'gateway']);
  });

  test('is that of composition where nobody calls, and has the services of others', () => {
    const { stack, gateway, audit } = services();
    const uri = 'https://billing.example.com';
    const billing = TracedCloudRunService.fromServiceAttributes(stack, 'billing', { name: 'billing', uri });
    expect(order(gateway)).toEqual(['gateway', 'processor', 'storage', 'audit']);
    audit.calls(billing, { deadlineMs: 500 });
    expect(order(gateway)).toEqual(['gateway', 'processor', 'storage', 'audit', 'billing']);
    const graph = ServiceGraph.of(stack);
    expect(graph.callsOf(audit)).toEqual([{ caller: audit, callee: billing, deadlineMs: 500 }]);
    expect(graph.callsOf(gateway)).toEqual([]);
  });
});

describe('a call between regions', () => {
  test('is warned of, with the round trips that it costs', () => {
    const stack = testStack();
    const gateway = new TracedCloudRunService(stack, 'gateway', { code });
    const processor = new TracedCloudRunService(stack, 'processor', { code, region: 'us-central1' });
    gateway.calls(processor, { deadlineMs: 1000 });
    expect(warnings(stack)).toEqual([
      "'gateway' calls 'processor' from europe-west1 in us-central1: each call crosses from region to region and back, " +
        'one round trip on an open connection and three on a new one, about 100 ms each between continents; deploy both ' +
        'in one region',
    ]);
  });

  test('is not where the regions are one', () => {
    const stack = testStack();
    const gateway = new TracedCloudRunService(stack, 'gateway', { code });
    const processor = new TracedCloudRunService(stack, 'processor', { code, region: 'europe-west1' });
    gateway.calls(processor, { deadlineMs: 1000 });
    expect(warnings(stack)).toEqual([]);
  });
});

describe('a call that outlasts its callee', () => {
  test('is warned of, because Cloud Run answers 504 before the deadline passes', () => {
    const stack = testStack();
    const gateway = new TracedCloudRunService(stack, 'gateway', { code });
    const callee = (id: string): TracedCloudRunService =>
      new TracedCloudRunService(stack, id, { code, timeoutSec: 5 });
    gateway.calls(callee('just'), { deadlineMs: 5000 });
    expect(warnings(stack)).toEqual([]);
    gateway.calls(callee('too-short'), { deadlineMs: 5001 });
    expect(warnings(stack)).toEqual([
      "'gateway' calls 'too-short' and waits 5001 ms for an answer that Cloud Run makes a 504 after the callee's " +
        'timeoutSec of 5; write a deadlineMs of at most 5000, or give the callee more time',
    ]);
  });

  test('is not warned of where the timeout is known at deployment only', () => {
    const stack = testStack();
    const { numberValue } = new TerraformVariable(stack, 'seconds', { type: 'number' });
    const callee = new TracedCloudRunService(stack, 'callee', { code, timeoutSec: numberValue });
    new TracedCloudRunService(stack, 'gateway', { code }).calls(callee, { deadlineMs: 1000 });
    expect(warnings(stack)).toEqual([]);
  });
});

describe('services that call each other and sample differently', () => {
  test('are warned of, because the ratio of the second one decides nothing', () => {
    const stack = testStack();
    const service = (id: string, sampling: Sampling): TracedCloudRunService =>
      new TracedCloudRunService(stack, id, { code, sampling });
    const gateway = service('gateway', Sampling.ratio(0.1, { keepSlowerThanMs: 2000 }));
    gateway.calls(service('same', Sampling.ratio(0.1, { keepSlowerThanMs: 2000 })), { deadlineMs: 1000 });
    expect(warnings(stack)).toEqual([]);
    gateway.calls(service('other', Sampling.ratio(0.5, { keepErrors: false })), { deadlineMs: 1000 });
    expect(warnings(stack)).toEqual([
      "'gateway' calls 'other' and they sample differently (ratio 0.1 + failures + slower than 2000 ms; ratio 0.5): the " +
        'ratio is decided where a trace enters, and what is kept besides by each service for itself, so traces would ' +
        'be kept in one and not in the other; give both the same Sampling',
    ]);
  });
});

test('a graph is that of one app', () => {
  const one = new TracedCloudRunService(testStack('one', testApp()), 'gateway', { code });
  const other = new TracedCloudRunService(testStack('other', testApp()), 'gateway', { code });
  expect(ServiceGraph.of(one).inCallOrder()).toEqual([one]);
  expect(ServiceGraph.of(other).inCallOrder()).toEqual([other]);
});
