import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { Secret, ServiceCode, StartupProbe, TracedCloudRunService } from '../../constructs';

/** The README's example of a container beside the service's own. */
export class SidecarExample extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new GoogleProvider(this, 'google', { project: 'my-project-123', region: 'europe-west1' });
    // README
    const orders = new TracedCloudRunService(this, 'orders', {
      code: ServiceCode.fromImage('europe-docker.pkg.dev/my-project-123/images/orders:1'),
      tracesExporter: 'otlp',
    });
    orders.addSidecar('collector', {
      image: 'otel/opentelemetry-collector:0.139.0',
      memoryMiB: 256,
      secrets: { '/etc/otelcol/config.yaml': Secret.version('collector-config', '1') },
      startupProbe: StartupProbe.http('/', { port: 13_133 }),
    });
    // README
  }
}
