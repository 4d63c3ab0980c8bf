import { join } from 'node:path';
import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { TerraformOutput, TerraformStack, Testing } from 'cdktf';
import { Access, DeploymentEnvironment, ServiceCode, TracedCloudRunService } from '../../../constructs';

const HELLO = join(__dirname, '..', '..', 'readme', 'hello');

export interface HelloOutputs {
  readonly url: string;
  readonly uid: string;
  readonly revision: string;
}

export interface HelloStackProps {
  /** @default 'local-hello' */
  readonly project?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The service of the README's example, in an app of its own. */
export class HelloStack extends TerraformStack {
  readonly hello: TracedCloudRunService;

  constructor({ project = 'local-hello', env = {} }: HelloStackProps = {}) {
    super(Testing.app(), 'hello');
    const environment = DeploymentEnvironment.local();
    new GoogleProvider(this, 'google', { project, region: 'europe-west1' });
    this.hello = new TracedCloudRunService(this, 'hello', {
      environment,
      code: ServiceCode.fromDirectory(HELLO),
      access: Access.public({ reason: 'says hello to anybody' }),
      env,
    });
    const { uri, cloudRunService } = this.hello;
    new TerraformOutput(this, 'url', { value: uri });
    new TerraformOutput(this, 'uid', { value: cloudRunService.uid });
    new TerraformOutput(this, 'revision', { value: cloudRunService.latestReadyRevision });
  }
}
