import './peers';

export { Access, type PublicAccessOptions } from './access';
export type { BucketUseOptions, IBucket, UsableBucket } from './bucket-location';
export { BurnRate } from './burn-rate';
export { CoLocatedBucket, type CoLocatedBucketOptions } from './co-located-bucket';
export { traceExplorerLink } from './console-links';
export { DeploymentEnvironment } from './deployment-environment';
export { ErrorAlert, type ErrorAlertOptions } from './error-alert';
export { enableApi, type GoogleService } from './google-project';
export { ImageBuilder } from './image-builder';
export type { ITracedCloudRunService, ServiceAttributes } from './imported-service';
export { LatencyAlert, type LatencyAlertOptions } from './latency-alert';
export {
  type INotificationChannel,
  NotificationChannel,
  type SlackChannelOptions,
  type WebhookOptions,
} from './notification-channel';
export { PipelineMonitoring, type PipelineMonitoringProps } from './pipeline-monitoring';
export { CloudRunPolicy, type CloudRunPolicyOptions, type PolicyRuleId, type WaiverOptions } from './policy';
export { type GrpcProbeOptions, LivenessProbe, type ProbeOptions, StartupProbe } from './probe';
export { Sampling, type SamplingOptions } from './sampling';
export { Secret } from './secret';
export { type DirectoryOptions, type ImageOptions, ServiceCode } from './service-code';
export { type ServiceCall, ServiceGraph } from './service-graph';
export type { SidecarOptions } from './sidecar';
export { Slo, type SloOptions } from './slo';
export type { PipelineEntry } from './trace-budget';
export { type ApiUseOptions, type CallOptions, TracedCloudRunService } from './traced-cloud-run-service';
export type { TracedCloudRunServiceProps } from './traced-cloud-run-service-props';
export { TrafficTarget, type TrafficTargetOptions } from './traffic-target';
export { UptimeCheck, type UptimeCheckOptions } from './uptime-check';
export { ValidationError } from './validation';
export { Volume } from './volume';
export { VpcEgress, type VpcEgressOptions } from './vpc-egress';
