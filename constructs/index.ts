export { Access } from './access';
export { BurnRate } from './burn-rate';
export { CoLocatedBucket, type CoLocatedBucketOptions } from './co-located-bucket';
export { traceExplorerLink } from './console-links';
export { DeploymentEnvironment } from './deployment-environment';
export { ErrorAlert, type ErrorAlertOptions } from './error-alert';
export { enableApi } from './google-project';
export { LatencyAlert, type LatencyAlertOptions } from './latency-alert';
export {
  type INotificationChannel,
  NotificationChannel,
  type SlackChannelOptions,
  type WebhookOptions,
} from './notification-channel';
export { PipelineMonitoring, type PipelineMonitoringProps } from './pipeline-monitoring';
export { Sampling, type SamplingOptions } from './sampling';
export { ServiceCode } from './service-code';
export { Slo, type SloOptions } from './slo';
export type { PipelineEntry } from './trace-budget';
export {
  type CallOptions,
  type ITracedCloudRunService,
  TracedCloudRunService,
  type TracedCloudRunServiceProps,
} from './traced-cloud-run-service';
export { UptimeCheck, type UptimeCheckOptions } from './uptime-check';
export { ValidationError } from './validation';
