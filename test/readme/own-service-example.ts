import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import {
  Access,
  NotificationChannel,
  PipelineMonitoring,
  Secret,
  ServiceCode,
  TracedCloudRunService,
  Volume,
} from '../../constructs';

/** The README's example of a service with more than the defaults. */
export class OwnServiceExample extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new GoogleProvider(this, 'google', { project: 'my-project-123', region: 'europe-west1' });
    // README
    const orders = new TracedCloudRunService(this, 'orders', {
      code: ServiceCode.fromImage('europe-docker.pkg.dev/my-project-123/images/orders:1'),
      access: Access.public({ reason: 'the web shop orders here' }),
      memoryMiB: 1024,
      secrets: { STRIPE_KEY: Secret.version('stripe-key', '3') },
    });
    orders.addBucket('invoices');
    orders.useBucket('archive', { name: 'my-archive', location: 'EUROPE-WEST1' }, { readOnly: true });
    orders.addVolume('/cache', Volume.inMemory('cache', { sizeMiB: 64 }));
    const billing = TracedCloudRunService.fromServiceAttributes(this, 'billing', {
      name: 'billing',
      uri: 'https://billing-x7-ew.a.run.app',
    });
    orders.calls(billing, { deadlineMs: 800 });

    const notify = [NotificationChannel.email(this, 'on-call', 'on-call@example.com')];
    orders.addLatencyAlert({ p95Ms: 1_000, p99Ms: 3_000, notify });
    orders.addSlo({ availabilityGoal: 0.995, latencyThresholdMs: 1_000, notify });
    orders.addUptimeCheck({ notify });
    new PipelineMonitoring(this, 'shop', { entries: [{ service: orders, requestsPerSec: 5 }], notify });
    // README
  }
}
