import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { Access, ServiceCode, TracedCloudRunService, VpcEgress } from '../../constructs';

/** The README's example of services that are closed to the internet. */
export class PrivateExample extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new GoogleProvider(this, 'google', { project: 'my-project-123', region: 'europe-west1' });
    // README
    const images = 'europe-docker.pkg.dev/my-project-123/images';
    const vpcEgress = VpcEgress.allTraffic({ subnetwork: 'apps' });
    const accounts = new TracedCloudRunService(this, 'accounts', {
      code: ServiceCode.fromImage(`${images}/accounts:1`),
      access: Access.loadBalancer({ reason: 'customers come through the load balancer' }),
      vpcEgress,
    });
    const ledger = new TracedCloudRunService(this, 'ledger', {
      code: ServiceCode.fromImage(`${images}/ledger:1`),
      access: Access.internal(),
      vpcEgress,
    });
    accounts.calls(ledger, { deadlineMs: 800 });
    // README
  }
}
