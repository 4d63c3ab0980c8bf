import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { Access, ServiceCode, TracedCloudRunService } from '../../constructs';

/** The first example of the README; what stands between the markers is shown there. */
export class PipelineExample extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new GoogleProvider(this, 'google', { project: 'my-project', region: 'europe-west1' });

    // README
    const gateway = new TracedCloudRunService(this, 'gateway', {
      code: ServiceCode.fromDirectory('services/gateway'),
      access: Access.public({ reason: 'anybody may send a document' }),
    });
    const processor = new TracedCloudRunService(this, 'processor', {
      code: ServiceCode.fromDirectory('services/processor'),
    });
    const storage = new TracedCloudRunService(this, 'storage', {
      code: ServiceCode.fromDirectory('services/storage'),
    });
    gateway.calls(processor, { deadlineMs: 10_000 });
    processor.calls(storage, { deadlineMs: 5_000 });
    storage.addBucket('documents');
    // creates: 3 services, 3 service accounts, 3 project grants, 3 invoker grants, 1 bucket, 1 bucket grant
    // README
  }
}
