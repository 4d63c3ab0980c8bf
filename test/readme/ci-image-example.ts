import { CloudRunV2ServiceIamMember } from '@cdktf/provider-google/lib/cloud-run-v2-service-iam-member';
import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { ServiceAccountIamMember } from '@cdktf/provider-google/lib/service-account-iam-member';
import { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { ServiceCode, TracedCloudRunService } from '../../constructs';

/** The README's example of an image that CI owns. */
export class CiImageExample extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new GoogleProvider(this, 'google', { project: 'my-project-123', region: 'europe-west1' });
    // README
    const api = new TracedCloudRunService(this, 'api', {
      code: ServiceCode.fromImage('europe-docker.pkg.dev/my-project-123/images/api:1', {
        managedElsewhere: true,
      }),
    });
    const member = 'serviceAccount:ci@my-project-123.iam.gserviceaccount.com';
    new CloudRunV2ServiceIamMember(this, 'ci-deploys', {
      name: api.name,
      location: api.region,
      role: 'roles/run.developer',
      member,
    });
    new ServiceAccountIamMember(this, 'ci-acts-as', {
      serviceAccountId: api.serviceAccount.name,
      role: 'roles/iam.serviceAccountUser',
      member,
    });
    // README
  }
}
