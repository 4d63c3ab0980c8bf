import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { TerraformOutput, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { Access, DeploymentEnvironment, ServiceCode, TracedCloudRunService } from 'traced-cloud-run';

/** Its project is one of the local cloud. */
export class GreeterStack extends TerraformStack {
  constructor(scope: Construct) {
    super(scope, 'greeter');
    new GoogleProvider(this, 'google', { project: 'local-greetings', region: 'europe-west1' });
    const greeter = new TracedCloudRunService(this, 'greeter', {
      environment: DeploymentEnvironment.local(),
      code: ServiceCode.fromDirectory('services/greeter'),
      access: Access.public({ reason: 'everybody is greeted' }),
    });
    new TerraformOutput(this, 'url', { value: greeter.uri });
  }
}
