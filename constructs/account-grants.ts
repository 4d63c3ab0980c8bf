import { CloudRunV2ServiceIamMember } from '@cdktf/provider-google/lib/cloud-run-v2-service-iam-member';
import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member';
import { SecretManagerSecretIamMember } from '@cdktf/provider-google/lib/secret-manager-secret-iam-member';
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member';
import { type ITerraformDependable, TerraformStack } from 'cdktf';
import { annotate } from './annotate';
import { type BucketUseOptions, checkBucketLocation, type UsableBucket } from './bucket-location';
import { CoLocatedBucket } from './co-located-bucket';
import { enableApi, projectOf } from './google-project';
import type { ITracedCloudRunService } from './imported-service';
import { grantId } from './names';
import { leaveToConstruct } from './policy';
import { ROLES } from './roles';
import type { Secret } from './secret';
import type { Volume } from './volume';

/** What the account of a service is allowed: each thing by itself, and once however often it is asked for. */
export class AccountGrants {
  readonly #service: ITracedCloudRunService;
  readonly #member: string;

  /** @param member the account as an IAM member */
  constructor(service: ITracedCloudRunService, member: string) {
    this.#service = service;
    this.#member = member;
  }

  writeSpans(projectId: string): ProjectIamMember {
    return new ProjectIamMember(this.#service, 'trace-agent', {
      project: projectId,
      role: ROLES.traceAgent,
      member: this.#member,
      dependsOn: [enableApi(this.#service, 'cloudresourcemanager')],
    });
  }

  /** A role in the project, for what has no grants on it alone. */
  useProject(projectId: string, role: string): ProjectIamMember {
    const id = grantId(this.#service, 'project', role);
    const existing = this.#service.node.tryFindChild(id);
    if (existing instanceof ProjectIamMember) return existing;
    return new ProjectIamMember(this.#service, id, {
      project: projectId,
      role,
      member: this.#member,
      dependsOn: [enableApi(this.#service, 'cloudresourcemanager')],
    });
  }

  /** The provider of the service's own stack would look for a callee of another one in its own project. */
  invoke(callee: ITracedCloudRunService): CloudRunV2ServiceIamMember {
    const isOfThisStack = TerraformStack.of(callee) === TerraformStack.of(this.#service);
    const project = callee.projectId ?? (isOfThisStack ? undefined : projectOf(callee));
    return new CloudRunV2ServiceIamMember(this.#service, `invokes-${callee.node.id}`, {
      ...(project !== undefined && { project }),
      name: callee.name,
      location: callee.region,
      role: ROLES.invoker,
      member: this.#member,
    });
  }

  /** Throws TCR029 for a bucket in another region, unless the options give a reason. */
  useObjects(bucket: UsableBucket, options: BucketUseOptions): StorageBucketIamMember {
    const { path } = this.#service.node;
    const warning = checkBucketLocation(path, bucket, this.#service.region, options.regionMismatchReason);
    const grant = this.#objectGrant(bucket, options);
    if (warning !== undefined) {
      annotate(this.#service, 'warning', warning.message);
      leaveToConstruct(grant, warning.ruleId);
    }
    return grant;
  }

  #objectGrant(bucket: UsableBucket, options: BucketUseOptions): StorageBucketIamMember {
    if (bucket instanceof CoLocatedBucket && bucket.node.scope === this.#service) {
      const own = bucket.node.tryFindChild('object-user');
      return own instanceof StorageBucketIamMember ? own : bucket.grantObjectUse('object-user', this.#member);
    }
    const [kind, role] = options.readOnly ? ['viewer', ROLES.objectViewer] : ['user', ROLES.objectUser];
    const id = grantId(this.#service, `object-${kind}`, bucket.name);
    const existing = this.#service.node.tryFindChild(id);
    if (existing instanceof StorageBucketIamMember) return existing;
    return new StorageBucketIamMember(this.#service, id, { bucket: bucket.name, role, member: this.#member });
  }

  readSecret({ secret }: Secret): SecretManagerSecretIamMember {
    const id = grantId(this.#service, 'secret', secret);
    const existing = this.#service.node.tryFindChild(id);
    if (existing instanceof SecretManagerSecretIamMember) return existing;
    return new SecretManagerSecretIamMember(this.#service, id, {
      secretId: secret,
      role: ROLES.secretAccessor,
      member: this.#member,
      dependsOn: [enableApi(this.#service, 'secretmanager')],
    });
  }

  /** What it takes to mount a volume. */
  useVolume({ source }: Volume): ITerraformDependable[] {
    if ('secret' in source) return [this.readSecret(source.secret)];
    return 'bucket' in source ? [this.useObjects(source.bucket, source.options)] : [];
  }
}
