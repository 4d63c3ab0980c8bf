import { TerraformOutput } from 'cdktf';
import type { Construct } from 'constructs';
import { Access } from '../../constructs';
import { synthesize } from '../synthesize';
import { ScenarioStack } from './scenario-stack';

/** The processor asks a large model, which thinks for longer than a document waits: the processor's own summary is stored. */
class SlowModelStack extends ScenarioStack {
  constructor(scope: Construct) {
    super(scope, 'slow-model');
    const gateway = this.addService('gateway', {
      access: Access.public({ reason: 'anybody may send a document' }),
    });
    const processor = this.addService('processor', {
      memoryMiB: 1024,
      env: {
        GOOGLE_GENAI_USE_VERTEXAI: 'true',
        GOOGLE_CLOUD_LOCATION: 'europe-west1',
        GEMINI_MODEL: 'gemini-2.5-pro',
      },
    });
    const storage = this.addService('storage');
    processor.useApi('aiplatform.googleapis.com', { role: 'roles/aiplatform.user' });
    gateway.calls(processor, { deadlineMs: 10_000 });
    processor.calls(storage, { deadlineMs: 5_000 });
    storage.addBucket('documents');

    gateway.addSlo({ availabilityGoal: 0.995, latencyThresholdMs: 2_000, notify: this.notify });
    new TerraformOutput(this, 'gateway_url', { value: gateway.uri });
  }
}

synthesize((app) => new SlowModelStack(app));
