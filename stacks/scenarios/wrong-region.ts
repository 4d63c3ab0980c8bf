import { TerraformOutput } from 'cdktf';
import type { Construct } from 'constructs';
import { Access, CoLocatedBucket, Sampling } from '../../constructs';
import { synthesize } from '../synthesize';
import { ScenarioStack } from './scenario-stack';

/** The pipeline keeps its documents in Sydney, and the gateway gives up after a second and a half. */
class WrongRegionStack extends ScenarioStack {
  constructor(scope: Construct, regionMismatchReason: string | undefined) {
    super(scope, 'wrong-region');
    // No trace by chance: what is kept is kept because it failed.
    const sampling = Sampling.ratio(0);
    const gateway = this.addService('gateway', {
      access: Access.public({ reason: 'anybody may send a document' }),
      sampling,
    });
    const processor = this.addService('processor', { memoryMiB: 1024, sampling });
    const storage = this.addService('storage', { sampling });
    gateway.calls(processor, { deadlineMs: 1_500 });
    processor.calls(storage, { deadlineMs: 1_450 });

    const documents = new CoLocatedBucket(this, 'documents', {
      bucketName: 'local-document-pipeline-sydney',
      region: 'australia-southeast1',
      environment: this.environment,
    });
    storage.useBucket('documents', documents, { ...(regionMismatchReason && { regionMismatchReason }) });

    gateway.addSlo({ availabilityGoal: 0.995, notify: this.notify });
    new TerraformOutput(this, 'gateway_url', { value: gateway.uri });
  }
}

/** Without a reason the check at synth refuses the stack. */
const reason = process.argv.includes('--overruled') ? 'shows what the check is for' : undefined;
synthesize((app) => new WrongRegionStack(app, reason));
