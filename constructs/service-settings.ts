import type { Construct } from 'constructs';
import { HEALTH_PATH, renderTelemetrySettings } from '../services/telemetry/settings';
import { Access } from './access';
import { DeploymentEnvironment } from './deployment-environment';
import { projectOf, regionOf } from './google-project';
import { serviceName } from './names';
import { healthPaths, LivenessProbe, StartupProbe } from './probe';
import type { TracedCloudRunServiceProps } from './traced-cloud-run-service-props';

/** What a service is, every default of its options filled in. */
export type ServiceSettings = ReturnType<typeof settingsOf>;

/** Fills in what the options of a service leave out. Throws TCR008 when there is no project or no region. */
export function settingsOf(service: Construct, props: TracedCloudRunServiceProps) {
  const environment = props.environment ?? DeploymentEnvironment.production();
  const port = props.port ?? 8080;
  const startupProbe = props.startupProbe ?? StartupProbe.http(HEALTH_PATH);
  const livenessProbe = props.livenessProbe ?? LivenessProbe.http(HEALTH_PATH);
  return {
    environment,
    access: props.access ?? Access.authenticated(),
    projectId: projectOf(service),
    region: props.region ?? regionOf(service),
    sampling: props.sampling ?? environment.sampling,
    name: props.name ?? serviceName(service, environment.name),
    labels: props.labels ?? {},
    deletionProtection: props.deletionProtection ?? !environment.disposable,
    cpu: props.cpu ?? 1,
    memoryMiB: props.memoryMiB ?? 512,
    cpuIdle: props.cpuIdle ?? false,
    startupCpuBoost: props.startupCpuBoost ?? true,
    concurrency: props.concurrency ?? 80,
    minInstances: props.minInstances ?? environment.minInstances,
    maxInstances: props.maxInstances ?? 10,
    timeoutSec: props.timeoutSec ?? 300,
    port,
    command: props.command,
    args: props.args,
    startupProbe,
    livenessProbe,
    healthPaths: healthPaths(port, livenessProbe, startupProbe),
    vpcEgress: props.vpcEgress,
    tracesExporter: props.tracesExporter ?? 'gcp_trace',
  };
}

/**
 * The variables that set up the telemetry of a service.
 *
 * @param id the `service.name` of its spans
 */
export function telemetryVariables(id: string, settings: ServiceSettings): Record<string, string> {
  const { environment, sampling } = settings;
  return renderTelemetrySettings({
    serviceName: id,
    projectId: settings.projectId,
    region: settings.region,
    environment: environment.name,
    exporter: settings.tracesExporter,
    samplingRatio: sampling.samplingRatio,
    keepErrors: sampling.keepErrors,
    keepSlowerThanMs: sampling.keepSlowerThanMs,
    trustCaller: settings.access.trustsCallers,
    flush: settings.cpuIdle ? 'request' : 'background',
    debugLogs: sampling.debugLogs,
  });
}
