import { CloudRunV2Service } from '@cdktf/provider-google/lib/cloud-run-v2-service';
import { CloudRunV2ServiceIamMember } from '@cdktf/provider-google/lib/cloud-run-v2-service-iam-member';
import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member';
import { ServiceAccount } from '@cdktf/provider-google/lib/service-account';
import { dependable, type ITerraformDependable, Lazy } from 'cdktf';
import { Construct, type IConstruct } from 'constructs';
import {
  HEALTH_PATH,
  renderBucket,
  renderCallee,
  renderTelemetrySettings,
} from '../services/telemetry/settings';
import { Access } from './access';
import { CoLocatedBucket, type CoLocatedBucketOptions } from './co-located-bucket';
import { DeploymentEnvironment } from './deployment-environment';
import { ErrorAlert, type ErrorAlertOptions } from './error-alert';
import { enableApi, projectOf, regionOf } from './google-project';
import { LatencyAlert, type LatencyAlertOptions } from './latency-alert';
import { accountId, bucketName, invokerId, latencyMetricName, serviceName } from './names';
import { checkOnlyOne } from './observability-checks';
import { ROLES } from './roles';
import type { Sampling } from './sampling';
import { checkBucket, checkCall, checkInvoker, checkLatencyAlert, checkService } from './service-checks';
import type { ServiceCode } from './service-code';
import { ServiceGraph } from './service-graph';
import { serviceTemplate } from './service-template';
import { ServiceVariables } from './service-variables';
import { Slo, type SloOptions } from './slo';
import { warnOfFullTracing } from './trace-price';
import { UptimeCheck, type UptimeCheckOptions } from './uptime-check';

export interface TracedCloudRunServiceProps {
  /** What the service runs. */
  readonly code: ServiceCode;
  /**
   * Decides about deletion protection, the default sampling and the instances that stay warm.
   *
   * @default DeploymentEnvironment.production()
   */
  readonly environment?: DeploymentEnvironment;
  /**
   * Who can reach the service.
   *
   * @default Access.authenticated()
   */
  readonly access?: Access;
  /**
   * How many of the traces that start at this service are kept.
   *
   * @default - every trace, in production 10 %
   */
  readonly sampling?: Sampling;
  /**
   * Cloud Run's name of the service, at most 49 characters.
   *
   * @default - the construct id and the environment, such as `gateway-staging`
   */
  readonly name?: string;
  /**
   * Region of the service and its buckets, such as `europe-west1`.
   *
   * @default - the region of the stack's google provider
   */
  readonly region?: string;
  /**
   * CPUs of an instance: 1, 2, 4, 6 or 8.
   *
   * @default 1
   */
  readonly cpu?: number;
  /**
   * Memory of an instance in MiB, 512 to 32768, with cpuIdle from 128.
   *
   * @default 512
   */
  readonly memoryMiB?: number;
  /**
   * Whether an instance has CPU only while it serves a request. It is cheaper, and spans that are still to be sent
   * then wait for the next request, or are lost with the instance.
   *
   * @default false
   */
  readonly cpuIdle?: boolean;
  /**
   * Requests an instance serves at the same time, 1 to 1000.
   *
   * @default 80
   */
  readonly concurrency?: number;
  /**
   * Instances that stay warm, 0 to 1000.
   *
   * @default - 0, in production 1
   */
  readonly minInstances?: number;
  /**
   * Most instances at the same time, 1 to 1000: the limit of what a rush or a mistake can cost.
   *
   * @default 10
   */
  readonly maxInstances?: number;
  /**
   * Seconds after which Cloud Run answers `504` in the service's place, 1 to 3600.
   *
   * @default 300
   */
  readonly timeoutSec?: number;
  /**
   * More environment variables.
   *
   * @default - none but those the construct writes
   */
  readonly env?: Readonly<Record<string, string>>;
}

export interface CallOptions {
  /** How long this service waits for the callee's whole answer, in milliseconds; below its own request timeout. */
  readonly deadlineMs: number;
}

/** A Cloud Run service as one that calls it needs it. */
export interface ITracedCloudRunService extends IConstruct {
  /** Cloud Run's name of the service. */
  readonly name: string;
  readonly region: string;
  /** Base URL, also the audience of ID tokens for it. */
  readonly uri: string;
  readonly access: Access;
}

/**
 * A Cloud Run service whose requests are traced from its first deploy: it has an account of its own that may write
 * spans, is told how to sample, and starts only when everything it needs has been granted. Its construct id is its
 * `service.name` in every span, and the name by which callers know it.
 */
export class TracedCloudRunService extends Construct implements ITracedCloudRunService {
  readonly access: Access;
  readonly region: string;
  readonly sampling: Sampling;
  /** What the service runs as. */
  readonly serviceAccount: ServiceAccount;
  readonly #environment: DeploymentEnvironment;
  readonly #projectId: string;
  readonly #timeoutSec: number;
  readonly #service: CloudRunV2Service;
  readonly #variables: ServiceVariables;

  constructor(scope: Construct, id: string, props: TracedCloudRunServiceProps) {
    super(scope, id);
    this.access = props.access ?? Access.authenticated();
    this.#environment = props.environment ?? DeploymentEnvironment.production();
    this.#projectId = projectOf(this);
    this.region = props.region ?? regionOf(this);
    this.#timeoutSec = props.timeoutSec ?? 300;
    this.sampling = props.sampling ?? this.#environment.sampling;
    const settings = {
      name: props.name ?? serviceName(this, this.#environment.name),
      cpu: props.cpu ?? 1,
      memoryMiB: props.memoryMiB ?? 512,
      cpuIdle: props.cpuIdle ?? false,
      concurrency: props.concurrency ?? 80,
      minInstances: props.minInstances ?? this.#environment.minInstances,
      maxInstances: props.maxInstances ?? 10,
      timeoutSec: this.#timeoutSec,
      samplingRatio: this.sampling.samplingRatio,
      keepSlowerThanMs: this.sampling.keepSlowerThanMs,
    };
    checkService(this.node, settings, this.access);
    warnOfFullTracing(this, this.#environment, this.sampling);

    this.serviceAccount = new ServiceAccount(this, 'service-account', {
      accountId: accountId(this, this.#environment.name),
      displayName: `${id} (${this.#environment.name})`,
      dependsOn: [enableApi(this, 'iam')],
    });
    const traceGrant = new ProjectIamMember(this, 'trace-agent', {
      project: this.#projectId,
      role: ROLES.traceAgent,
      member: this.#member,
      dependsOn: [enableApi(this, 'cloudresourcemanager')],
    });

    this.#variables = new ServiceVariables(this.node.path);
    this.#variables.add(
      renderTelemetrySettings({
        serviceName: id,
        projectId: this.#projectId,
        region: this.region,
        environment: this.#environment.name,
        exporter: 'gcp_trace',
        samplingRatio: settings.samplingRatio,
        keepErrors: this.sampling.keepErrors,
        keepSlowerThanMs: settings.keepSlowerThanMs,
        trustCaller: this.access.trustsCallers,
      }),
    );
    this.#variables.addExtra(props.env ?? {});

    const image = props.code.bind(this, this.region);
    this.#service = new CloudRunV2Service(this, 'Default', {
      name: settings.name,
      location: this.region,
      ...(this.access.publicReason !== undefined && { description: `Public: ${this.access.publicReason}` }),
      ingress: this.access.ingress,
      deletionProtection: !this.#environment.disposable,
      template: serviceTemplate({
        ...settings,
        image: image.uri,
        serviceAccount: this.serviceAccount.email,
        variables: Lazy.anyValue({ produce: () => this.#variables.list() }),
      }),
      // Cloud Run and gcloud write these themselves; the provider would take them out again with every deploy.
      lifecycle: { ignoreChanges: ['client', 'client_version', 'scaling'] },
    });
    this.#startAfter(
      enableApi(this, 'run'),
      enableApi(this, 'cloudtrace'),
      enableApi(this, 'logging'),
      traceGrant,
      ...image.publishedBy,
    );

    if (this.access.publicReason !== undefined) this.#addInvoker('public', 'allUsers');
  }

  /** Cloud Run's name of the service, by reference to it. */
  get name(): string {
    return this.#service.name;
  }

  /** Base URL, known once the service is deployed. */
  get uri(): string {
    return this.#service.uri;
  }

  /**
   * Wires a call: this service's account may invoke the callee, and this service is told where the callee is and how
   * long to wait for it. Throws TCR009 to TCR013 when the call cannot work, TCR004 for a deadline out of range.
   */
  calls(callee: ITracedCloudRunService, options: CallOptions): void {
    checkCall(this.node.path, callee, options.deadlineMs, this.#timeoutSec);
    ServiceGraph.of(this).addCall(this, callee);
    this.#variables.add(renderCallee(callee.node.id, { url: callee.uri, deadlineMs: options.deadlineMs }));
    this.#startAfter(
      new CloudRunV2ServiceIamMember(this, `invokes-${callee.node.id}`, {
        name: callee.name,
        location: callee.region,
        role: ROLES.invoker,
        member: this.#member,
      }),
    );
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
      bucketName: bucketName(this, this.#environment.name, name, this.#projectId),
      region: this.region,
      environment: this.#environment,
    });
    this.#variables.add(renderBucket(name, { bucket: bucket.name, location: bucket.location }));
    this.#startAfter(bucket.grantObjectUse('object-user', this.#member));
    return bucket;
  }

  /** Adds an alert on the percentiles of this service's latency, and returns it. Throws TCR016 for a second one. */
  addLatencyAlert(options: LatencyAlertOptions): LatencyAlert {
    checkLatencyAlert(this.node, 'latency-alert');
    return new LatencyAlert(this, 'latency-alert', {
      ...options,
      serviceName: this.name,
      region: this.region,
      traceServiceName: this.node.id,
      projectId: this.#projectId,
      metricName: latencyMetricName(this, this.#environment.name),
      healthPath: HEALTH_PATH,
    });
  }

  /** Adds alerts on this service's 5xx, 504 and aborted requests, and returns them. Throws TCR054 for a second one. */
  addErrorAlert(options: ErrorAlertOptions): ErrorAlert {
    checkOnlyOne(this.node, 'error-alert', 'addErrorAlert()');
    return new ErrorAlert(this, 'error-alert', { ...options, subject: this.name, services: [this] });
  }

  /** Adds objectives for this service, with alerts on how fast they are missed. Throws TCR054 for a second one. */
  addSlo(options: SloOptions): Slo {
    checkOnlyOne(this.node, 'slo', 'addSlo()');
    return new Slo(this, 'slo', { ...options, service: this });
  }

  /** Adds a check from around the world, with its alert. Throws TCR057 unless this service is public. */
  addUptimeCheck(options: UptimeCheckOptions): UptimeCheck {
    checkOnlyOne(this.node, 'uptime-check', 'addUptimeCheck()');
    return new UptimeCheck(this, 'uptime-check', { ...options, service: this });
  }

  /**
   * Lets an IAM member, such as `user:jane@example.com` or `serviceAccount:...`, call this service, and returns the
   * grant, which is one however often it is asked for. Throws TCR017 for everybody: that takes Access.public().
   */
  grantInvoke(member: string): CloudRunV2ServiceIamMember {
    checkInvoker(this.node.path, member);
    const id = invokerId(this, member);
    const existing = this.node.tryFindChild(id);
    return existing instanceof CloudRunV2ServiceIamMember ? existing : this.#addInvoker(id, member);
  }

  #addInvoker(id: string, member: string): CloudRunV2ServiceIamMember {
    return new CloudRunV2ServiceIamMember(this, id, {
      name: this.name,
      location: this.region,
      role: ROLES.invoker,
      member,
    });
  }

  get #member(): string {
    return `serviceAccount:${this.serviceAccount.email}`;
  }

  /** The first revision starts while the service is created, so what it needs must be there before. */
  #startAfter(...needed: readonly ITerraformDependable[]): void {
    this.#service.dependsOn = [...(this.#service.dependsOn ?? []), ...needed.map(dependable)];
  }
}
