import { Access, ServiceCode, TracedCloudRunService, VpcEgress } from '../../constructs';
import { cloudRunService, synth, testStack, warnings } from '../helpers/synth';

const code = ServiceCode.fromImage('image');

function templateWith(vpcEgress: VpcEgress) {
  const stack = testStack();
  new TracedCloudRunService(stack, 'gateway', { code, vpcEgress });
  return cloudRunService(synth(stack)).template;
}

describe('VPC egress', () => {
  test('sends everything, or what goes to private addresses, through a subnetwork', () => {
    expect(templateWith(VpcEgress.allTraffic({ subnetwork: 'apps' }))['vpc_access']).toEqual({
      egress: 'ALL_TRAFFIC',
      network_interfaces: [{ subnetwork: 'apps' }],
    });
    const options = { network: 'main', subnetwork: 'apps', tags: ['shop'] };
    expect(templateWith(VpcEgress.privateRanges(options))['vpc_access']).toEqual({
      egress: 'PRIVATE_RANGES_ONLY',
      network_interfaces: [options],
    });
  });

  test('is refused without a network, and with a subnetwork of another region', () => {
    expect(() => templateWith(VpcEgress.allTraffic({}))).toThrow(
      "TCR026 at shop/gateway: 'vpcEgress' needs a network or a subnetwork, got neither; write VpcEgress.allTraffic({ subnetwork: '...' })",
    );
    expect(() =>
      templateWith(VpcEgress.allTraffic({ subnetwork: 'projects/p/regions/us-east1/subnetworks/apps' })),
    ).toThrow(
      "TCR026 at shop/gateway: 'vpcEgress.subnetwork' is in us-east1, and Cloud Run takes one of the service's own " +
        'region only; write one in europe-west1',
    );
    expect(() =>
      templateWith(VpcEgress.allTraffic({ subnetwork: 'projects/p/regions/europe-west1/subnetworks/apps' })),
    ).not.toThrow();
  });

  test.each([
    ['internal', Access.internal()],
    ['load balancer', Access.loadBalancer()],
  ])('reaches a callee that is closed to the internet: %s', (_, access) => {
    const stack = testStack();
    const callee = new TracedCloudRunService(stack, 'processor', { code, access });
    const caller = (id: string, vpcEgress: VpcEgress): TracedCloudRunService =>
      new TracedCloudRunService(stack, id, { code, vpcEgress });
    caller('all', VpcEgress.allTraffic({ subnetwork: 'apps' })).calls(callee, { deadlineMs: 1000 });
    expect(warnings(stack)).toEqual([]);
    caller('private', VpcEgress.privateRanges({ subnetwork: 'apps' })).calls(callee, { deadlineMs: 1000 });
    expect(warnings(stack)).toEqual([
      "'private' calls 'processor' through VpcEgress.privateRanges(), which does not carry requests to run.app unless a " +
        'DNS zone of the network points run.app to private.googleapis.com; write VpcEgress.allTraffic() where there is ' +
        'none',
    ]);
  });
});
