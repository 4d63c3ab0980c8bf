import { join } from 'node:path';
import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { GcsBackend, LocalBackend, TerraformOutput, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import {
  Access,
  NotificationChannel,
  PipelineMonitoring,
  ServiceCode,
  traceExplorerLink,
  TracedCloudRunService,
} from '../constructs';
import { type EnvironmentConfig, localStateFile, stackId } from './config';

const SERVICES = join(__dirname, '..', 'services');

/** A document pipeline, gateway -> processor -> storage, in one environment. */
export class DocumentPipelineStack extends TerraformStack {
  constructor(scope: Construct, config: EnvironmentConfig) {
    super(scope, stackId(config.environment.name));
    const { environment, imageBuilder } = config;
    const codeOf = (service: string): ServiceCode =>
      ServiceCode.fromDirectory(join(SERVICES, service), imageBuilder && { imageBuilder });
    this.#keepState(config);
    new GoogleProvider(this, 'google', { project: config.projectId, region: config.region });

    const gateway = new TracedCloudRunService(this, 'gateway', {
      environment,
      code: codeOf('gateway'),
      access: Access.public({ reason: 'anybody may send a document' }),
    });
    const processor = new TracedCloudRunService(this, 'processor', {
      environment,
      code: codeOf('processor'),
      memoryMiB: 1024,
    });
    const storage = new TracedCloudRunService(this, 'storage', {
      environment,
      code: codeOf('storage'),
    });
    gateway.calls(processor, { deadlineMs: 10_000 });
    processor.calls(storage, { deadlineMs: 5_000 });
    const documents = storage.addBucket('documents');

    const notify = [NotificationChannel.email(this, 'on-call', config.notificationEmail)];
    gateway.addLatencyAlert({ p95Ms: 2_000, notify });
    processor.addLatencyAlert({ p95Ms: 1_500, notify });
    storage.addLatencyAlert({ p95Ms: 1_000, notify });
    gateway.addSlo({ availabilityGoal: 0.995, latencyThresholdMs: 2_000, notify });
    gateway.addUptimeCheck({ notify });
    const monitoring = new PipelineMonitoring(this, 'pipeline', {
      // Two operations on the bucket, each with one attempt, make two spans more than the graph shows.
      entries: [{ service: gateway, requestsPerSec: 1, spansPerRequest: 9 }],
      notify,
    });

    new TerraformOutput(this, 'gateway_url', { value: gateway.uri });
    new TerraformOutput(this, 'trace_explorer_link', { value: traceExplorerLink(config.projectId) });
    new TerraformOutput(this, 'documents_bucket', { value: documents.name });
    new TerraformOutput(this, 'dashboard_link', { value: monitoring.dashboard.link });
  }

  /** Terraform runs in `<output>/stacks/<stack>`, and relative paths start there: no synth depends on the machine. */
  #keepState({ environment, stateBucket }: EnvironmentConfig): void {
    if (stateBucket !== undefined) {
      new GcsBackend(this, { bucket: stateBucket, prefix: this.node.id });
    } else if (environment.name === 'local') {
      new LocalBackend(this, { path: 'terraform.tfstate' });
    } else {
      // Not in the output directory, which may be deleted at any time.
      new LocalBackend(this, { path: `../../../${localStateFile(this.node.id)}` });
    }
  }
}
