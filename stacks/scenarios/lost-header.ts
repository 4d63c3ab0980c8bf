import { TerraformOutput } from 'cdktf';
import type { Construct } from 'constructs';
import { Access, CloudRunPolicy } from '../../constructs';
import { synthesize } from '../synthesize';
import { ScenarioStack } from './scenario-stack';

/** In an incident somebody turned the telemetry of the processor off, and it has been so ever since. */
class LostHeaderStack extends ScenarioStack {
  constructor(scope: Construct, waiverReason: string | undefined) {
    super(scope, 'lost-header');
    const gateway = this.addService('gateway', {
      access: Access.public({ reason: 'anybody may send a document' }),
    });
    // Without telemetry it passes no trace header on either, so its calls begin traces of their own.
    const processor = this.addService('processor', { memoryMiB: 1024, env: { OTEL_SDK_DISABLED: 'true' } });
    const storage = this.addService('storage');
    gateway.calls(processor, { deadlineMs: 10_000 });
    processor.calls(storage, { deadlineMs: 5_000 });
    storage.addBucket('documents');
    if (waiverReason !== undefined)
      CloudRunPolicy.waive(processor, 'unbroken-trace', { reason: waiverReason });

    new TerraformOutput(this, 'gateway_url', { value: gateway.uri });
  }
}

/** Without a reason the check at synth refuses the stack. */
const reason = process.argv.includes('--overruled') ? 'shows what the rule is for' : undefined;
synthesize((app) => new LostHeaderStack(app, reason));
