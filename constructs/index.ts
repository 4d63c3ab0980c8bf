export { Access } from './access';
export { CoLocatedBucket, type CoLocatedBucketOptions } from './co-located-bucket';
export { traceExplorerLink } from './console-links';
export { DeploymentEnvironment } from './deployment-environment';
export { enableApi } from './google-project';
export { LatencyAlert, type LatencyAlertOptions } from './latency-alert';
export { Sampling, type SamplingOptions } from './sampling';
export { ServiceCode } from './service-code';
export {
  type CallOptions,
  type ITracedCloudRunService,
  TracedCloudRunService,
  type TracedCloudRunServiceProps,
} from './traced-cloud-run-service';
export { ValidationError } from './validation';
