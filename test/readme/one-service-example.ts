import { join } from 'node:path';
import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { TerraformOutput, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { Access, NotificationChannel, ServiceCode, TracedCloudRunService } from '../../constructs';

/** The README's example of a whole stack. */
// README
export class HelloStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new GoogleProvider(this, 'google', { project: 'my-project-123', region: 'europe-west1' });
    const hello = new TracedCloudRunService(this, 'hello', {
      code: ServiceCode.fromDirectory(join(__dirname, 'hello')),
      access: Access.public({ reason: 'says hello to anybody' }),
    });
    const notify = [NotificationChannel.email(this, 'on-call', 'on-call@example.com')];
    hello.addErrorAlert({ notify });
    new TerraformOutput(this, 'url', { value: hello.uri });
  }
}
