import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { type App, TerraformStack } from 'cdktf';
import { Access, DeploymentEnvironment, ServiceCode, TracedCloudRunService } from '../../constructs';

// README
class ShopStack extends TerraformStack {
  constructor(app: App, project: string, environment: DeploymentEnvironment) {
    super(app, `shop-${environment.name}`);
    new GoogleProvider(this, 'google', { project, region: 'europe-west1' });
    new TracedCloudRunService(this, 'shop', {
      environment,
      code: ServiceCode.fromImage('europe-docker.pkg.dev/my-images/shop/web:41'),
      access: Access.public({ reason: 'anybody may look around' }),
    });
  }
}
// README

/** The README's example of two environments. */
export function shopStacks(app: App): TerraformStack[] {
  // README
  const staging = new ShopStack(app, 'shop-staging-123', DeploymentEnvironment.staging());
  const production = new ShopStack(app, 'shop-production-123', DeploymentEnvironment.production());
  // README
  return [staging, production];
}
