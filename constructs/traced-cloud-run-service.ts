import { CloudRunV2Service } from '@cdktf/provider-google/lib/cloud-run-v2-service';
import { CloudRunV2ServiceIamMember } from '@cdktf/provider-google/lib/cloud-run-v2-service-iam-member';
import type { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member';
import type { SecretManagerSecretIamMember } from '@cdktf/provider-google/lib/secret-manager-secret-iam-member';
import { ServiceAccount } from '@cdktf/provider-google/lib/service-account';
import type { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member';
import { dependable, type ITerraformDependable, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { renderBucket, renderCallee } from '../services/telemetry/settings';
import type { Access } from './access';
import { AccountGrants } from './account-grants';
import { annotate } from './annotate';
import { type BucketUseOptions, locationOf, type UsableBucket } from './bucket-location';
import { CoLocatedBucket, type CoLocatedBucketOptions } from './co-located-bucket';
import { ErrorAlert, type ErrorAlertOptions } from './error-alert';
import { enableApi, enableService, type GoogleService } from './google-project';
import { ignoredChanges } from './ignored-changes';
import { checkInvoker } from './iam-member';
import { ImportedService, type ITracedCloudRunService, type ServiceAttributes } from './imported-service';
import { LatencyAlert, type LatencyAlertOptions } from './latency-alert';
import { accountDisplayName, accountId, bucketName, invokerId, latencyMetricName } from './names';
import { CloudRunPolicy } from './policy';
import { ROLES } from './roles';
import type { Sampling } from './sampling';
import type { Secret } from './secret';
import {
  checkBucket,
  checkBucketName,
  checkCall,
  checkOnlyOne,
  checkService,
  warningsOfCall,
} from './service-checks';
import { ServiceGraph } from './service-graph';
import { claimServiceName } from './service-names';
import { type ServiceSettings, settingsOf, telemetryVariables } from './service-settings';
import { ServiceTemplate } from './service-template';
import type { SidecarOptions } from './sidecar';
import type { TracedCloudRunServiceProps } from './traced-cloud-run-service-props';
import { renderTraffic } from './traffic-target';
import { freeId } from './validation';
import type { Volume } from './volume';
import type { VpcEgress } from './vpc-egress';
import { Slo, type SloOptions } from './slo';
import { warnOfFullTracing } from './trace-price';
import { UptimeCheck, type UptimeCheckOptions } from './uptime-check';

export interface CallOptions {
  /** How long this service waits for the callee's whole answer, in milliseconds; below its own request timeout. */
  readonly deadlineMs: number;
}

export interface ApiUseOptions {
  /** What this service's account is granted in the project, such as `roles/aiplatform.user`. */
  readonly role: string;
}

/**
 * A Cloud Run service whose requests are traced from its first deploy: it has an account of its own that may write
 * spans, is told how to sample, and starts only when everything it needs has been granted. Its construct id is its
 * `service.name` in every span, and the name by which callers know it.
 */
export class TracedCloudRunService extends Construct implements ITracedCloudRunService {
  /** A service that is deployed elsewhere, to be called. `id` is the name by which callers know it. */
  static fromServiceAttributes(
    scope: Construct,
    id: string,
    attributes: ServiceAttributes,
  ): ITracedCloudRunService {
    return new ImportedService(scope, id, attributes);
  }

  readonly access: Access;
  readonly region: string;
  readonly sampling: Sampling;
  readonly timeoutSec: number;
  readonly vpcEgress: VpcEgress | undefined;
  /** What the service runs as. */
  readonly serviceAccount: ServiceAccount;
  /**
   * The resource itself, for what has no option here. Overrides stay, whatever is added to the service later:
   * `service.cloudRunService.addOverride('template.encryption_key', key.id)`.
   */
  readonly cloudRunService: CloudRunV2Service;
  readonly #settings: ServiceSettings;
  readonly #template: ServiceTemplate;
  readonly #grants: AccountGrants;
  readonly #bucketNames: string[] = [];

  constructor(scope: Construct, id: string, props: TracedCloudRunServiceProps) {
    super(scope, freeId(scope, id));
    const settings = settingsOf(this, props);
    checkService(this.node, settings);
    claimServiceName(this, settings.name, settings.region);
    this.access = settings.access;
    this.region = settings.region;
    this.sampling = settings.sampling;
    this.timeoutSec = settings.timeoutSec;
    this.vpcEgress = settings.vpcEgress;
    this.#settings = settings;
    CloudRunPolicy.applyByDefault(TerraformStack.of(this), settings.environment);
    warnOfFullTracing(this, settings.environment, settings.sampling);

    this.serviceAccount = new ServiceAccount(this, 'service-account', {
      accountId: accountId(this, settings.environment.name),
      displayName: accountDisplayName(this, settings.environment.name),
      dependsOn: [enableApi(this, 'iam')],
    });
    this.#grants = new AccountGrants(this, `serviceAccount:${this.serviceAccount.email}`);
    const traceGrant = this.#grants.writeSpans(settings.projectId);

    const image = props.code.bind(this, this.region);
    this.#template = new ServiceTemplate(this, {
      ...settings,
      image: image.uri,
      serviceAccount: this.serviceAccount.email,
    });
    const { variables } = this.#template.container;
    variables.add(telemetryVariables(id, settings));
    variables.addExtra('env', props.env ?? {});

    this.cloudRunService = new CloudRunV2Service(this, 'Default', {
      name: settings.name,
      location: this.region,
      ...(this.access.publicReason !== undefined && { description: `Public: ${this.access.publicReason}` }),
      ...(props.labels && { labels: { ...props.labels } }),
      ingress: this.access.ingress,
      ...(this.access.invokerIamDisabled && { invokerIamDisabled: true }),
      deletionProtection: settings.deletionProtection,
      template: this.#template.render(),
      ...(props.traffic && { traffic: renderTraffic(this.node.path, props.traffic) }),
      lifecycle: {
        // The provider refuses only when it comes to the service itself, and its grants and alerts are gone by then.
        ...(settings.deletionProtection && { preventDestroy: true }),
        ignoreChanges: ignoredChanges(() => this.cloudRunService, image.managedElsewhere),
      },
    });
    this.startAfter(
      enableApi(this, 'run'),
      enableApi(this, 'cloudtrace'),
      enableApi(this, 'logging'),
      traceGrant,
      ...image.publishedBy,
    );
    for (const [target, secret] of Object.entries(props.secrets ?? {})) this.addSecret(target, secret);

    const isOpen = this.access.publicReason !== undefined && !this.access.invokerIamDisabled;
    if (isOpen) this.#addInvoker('public', 'allUsers');
    for (const member of this.access.members) this.grantInvoke(member);

    const graph = ServiceGraph.of(this);
    graph.addService(this);
    this.node.addValidation({ validate: () => graph.deadlineErrors(this).map(({ message }) => message) });
  }

  /** Cloud Run's name of the service, by reference to it. */
  get name(): string {
    return this.cloudRunService.name;
  }

  /** Base URL, known once the service is deployed. */
  get uri(): string {
    return this.cloudRunService.uri;
  }

  /** Names by which this service knows the buckets that it uses; those that are mounted are not among them. */
  get bucketNames(): readonly string[] {
    return this.#bucketNames;
  }

  /**
   * Wires a call: this service's account may invoke the callee, and this service is told where the callee is and how
   * long to wait for it. Throws TCR009 to TCR013 when the call cannot work, TCR004 for a deadline out of range. That
   * the deadlines of a whole path fit into each other is checked at synth (TCR031).
   */
  calls(callee: ITracedCloudRunService, options: CallOptions): void {
    const { deadlineMs } = options;
    checkCall(this, callee, deadlineMs);
    ServiceGraph.of(this).addCall({ caller: this, callee, deadlineMs });
    for (const warning of warningsOfCall(this, callee, deadlineMs)) annotate(this, 'warning', warning);
    this.#template.container.variables.add(renderCallee(callee.node.id, { url: callee.uri, deadlineMs }));
    this.startAfter(this.#grants.invoke(callee));
  }

  /**
   * Adds a bucket in this service's region that this service may use, and returns it. `name` is what the service
   * knows it by. Throws TCR015 for a name that cannot be used.
   */
  addBucket(name: string, options: CoLocatedBucketOptions = {}): CoLocatedBucket {
    const id = `bucket-${name}`;
    checkBucket(this.node, id, name);
    const bucket = new CoLocatedBucket(this, id, {
      ...options,
      labels: { ...this.#settings.labels, ...options.labels },
      bucketName: bucketName(this, this.#settings.environment.name, name, this.#settings.projectId),
      region: this.region,
      environment: this.#settings.environment,
    });
    this.useBucket(name, bucket);
    return bucket;
  }

  /**
   * Lets this service use a bucket that exists already or belongs to another service, and returns the grant. `name` is
   * what this service knows it by. Throws TCR029 for a bucket in another region, unless the options give a reason.
   */
  useBucket(name: string, bucket: UsableBucket, options: BucketUseOptions = {}): StorageBucketIamMember {
    checkBucketName(this.node.path, name);
    const grant = this.#grants.useObjects(bucket, options);
    this.#template.container.variables.add(
      renderBucket(name, { bucket: bucket.name, location: locationOf(bucket) }),
    );
    this.#bucketNames.push(name);
    this.startAfter(grant);
    return grant;
  }

  /**
   * Lets this service use a Google API that has no grants on single resources: enables it, such as
   * `aiplatform.googleapis.com` for Vertex AI, grants the role in the project, and returns the grant.
   */
  useApi(api: GoogleService, options: ApiUseOptions): ProjectIamMember {
    const grant = this.#grants.useProject(this.#settings.projectId, options.role);
    this.startAfter(enableService(this, api), grant);
    return grant;
  }

  /**
   * Mounts a volume into this service's own container. Throws TCR021 for a path that is taken or cannot be used, TCR022
   * for a volume that cannot be used, TCR029 for a bucket in another region.
   */
  addVolume(mountPath: string, volume: Volume): void {
    this.#template.container.mount(mountPath, volume);
    this.startAfter(...this.#grants.useVolume(volume));
  }

  /**
   * Gives this service a secret, and returns the grant. Throws TCR020 unless the secret names one version, TCR006, TCR007
   * or TCR021 for a target that cannot be used.
   *
   * @param target name of a variable, such as `STRIPE_KEY`, or absolute path of a file, such as `/secrets/tls/key.pem`,
   * in a directory of its own
   */
  addSecret(target: string, secret: Secret): SecretManagerSecretIamMember {
    this.#template.container.addSecret(target, secret);
    const grant = this.#grants.readSecret(secret);
    this.startAfter(grant);
    return grant;
  }

  /**
   * Adds a container beside this service's own, which is called `service` then. It shares the network, so that each
   * reaches the other's ports on `localhost`, and the account. One with a startup probe has started before the service
   * does. Throws TCR019 to TCR025 for a container that Cloud Run would refuse.
   */
  addSidecar(name: string, options: SidecarOptions): void {
    this.#template.addSidecar(name, options);
    this.startAfter(
      ...Object.values(options.secrets ?? {}).map((secret) => this.#grants.readSecret(secret)),
      ...Object.values(options.volumes ?? {}).flatMap((volume) => this.#grants.useVolume(volume)),
    );
  }

  /** Adds an alert on the percentiles of this service's latency, and returns it. Throws TCR016 for a second one. */
  addLatencyAlert(options: LatencyAlertOptions): LatencyAlert {
    checkOnlyOne(this.node, 'latency-alert', 'addLatencyAlert()');
    return new LatencyAlert(this, 'latency-alert', {
      ...options,
      serviceName: this.name,
      region: this.region,
      traceServiceName: this.node.id,
      projectId: this.#settings.projectId,
      metricName: latencyMetricName(this, this.#settings.environment.name),
      healthPaths: this.#settings.healthPaths,
    });
  }

  /** Adds alerts on this service's 5xx, 504 and aborted requests, and returns them. Throws TCR016 for a second one. */
  addErrorAlert(options: ErrorAlertOptions): ErrorAlert {
    checkOnlyOne(this.node, 'error-alert', 'addErrorAlert()');
    return new ErrorAlert(this, 'error-alert', { ...options, subject: this.name, services: [this] });
  }

  /** Adds objectives for this service, with alerts on how fast they are missed. Throws TCR016 for a second one. */
  addSlo(options: SloOptions): Slo {
    checkOnlyOne(this.node, 'slo', 'addSlo()');
    return new Slo(this, 'slo', { ...options, service: this });
  }

  /** Adds a check from around the world, with its alert. Throws TCR057 unless this service is public at its own URL. */
  addUptimeCheck(options: UptimeCheckOptions): UptimeCheck {
    checkOnlyOne(this.node, 'uptime-check', 'addUptimeCheck()');
    const [path] = this.#settings.healthPaths;
    return new UptimeCheck(this, 'uptime-check', { ...options, service: this, path });
  }

  /**
   * Lets an IAM member, such as `user:jane@example.com` or `serviceAccount:...`, call this service, and returns the
   * grant, which is one however often it is asked for. Throws TCR017 for everybody: that takes Access.public(); TCR034 for
   * what IAM does not know.
   */
  grantInvoke(member: string): CloudRunV2ServiceIamMember {
    checkInvoker(this.node.path, member);
    const id = invokerId(this, member);
    const existing = this.node.tryFindChild(id);
    return existing instanceof CloudRunV2ServiceIamMember ? existing : this.#addInvoker(id, member);
  }

  /**
   * Puts resources before this service, such as a grant of your own to its account: the first revision starts while the
   * service is created, so what it needs must be there before.
   */
  startAfter(...needed: readonly ITerraformDependable[]): void {
    const { dependsOn = [] } = this.cloudRunService;
    this.cloudRunService.dependsOn = [...new Set([...dependsOn, ...needed.map(dependable)])];
    // Again, with what may just have been added, as plain values: no override of a part can be laid over a lazy one.
    this.cloudRunService.putTemplate(this.#template.render());
  }

  #addInvoker(id: string, member: string): CloudRunV2ServiceIamMember {
    return new CloudRunV2ServiceIamMember(this, id, {
      name: this.name,
      location: this.region,
      role: ROLES.invoker,
      member,
    });
  }
}
