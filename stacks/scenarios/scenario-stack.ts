import { join } from 'node:path';
import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { LocalBackend, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import {
  DeploymentEnvironment,
  NotificationChannel,
  ServiceCode,
  TracedCloudRunService,
  type TracedCloudRunServiceProps,
} from '../../constructs';

const SERVICES = join(__dirname, '..', '..', 'services');

/** What goes wrong on the local cloud only: a stack whose services are those of this repository. */
export abstract class ScenarioStack extends TerraformStack {
  protected readonly environment = DeploymentEnvironment.local();
  /** Who gets the alerts. */
  protected readonly notify: readonly NotificationChannel[];

  constructor(scope: Construct, id: string) {
    super(scope, id);
    new LocalBackend(this, { path: 'terraform.tfstate' });
    new GoogleProvider(this, 'google', { project: 'local-document-pipeline', region: 'europe-west1' });
    this.notify = [NotificationChannel.email(this, 'on-call', 'on-call@example.com')];
  }

  /** Runs `services/<id>`. */
  protected addService(
    id: 'gateway' | 'processor' | 'storage',
    options: Omit<TracedCloudRunServiceProps, 'code' | 'environment'> = {},
  ): TracedCloudRunService {
    const code = ServiceCode.fromDirectory(join(SERVICES, id));
    return new TracedCloudRunService(this, id, { environment: this.environment, code, ...options });
  }
}
