import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { Access, ServiceCode, TracedCloudRunService } from 'traced-cloud-run';

export class GreetingsStack extends TerraformStack {
  constructor(scope: Construct) {
    super(scope, 'greetings');
    new GoogleProvider(this, 'google', { project: 'my-project-123', region: 'europe-west1' });
    const greeter = new TracedCloudRunService(this, 'greeter', {
      code: ServiceCode.fromDirectory('services/greeter'),
      access: Access.public({ reason: 'everybody is greeted' }),
    });
    const names = new TracedCloudRunService(this, 'names', {
      code: ServiceCode.fromImage('europe-docker.pkg.dev/my-project-123/images/names:7'),
    });
    greeter.calls(names, { deadlineMs: 800 });
  }
}
