import type { LogEntry } from '../logging/log-store';
import type { Monitoring } from './monitoring';
import type { ServiceLevelObjective } from './resources';
import { requestLatencySec, requestStatus } from './request-metrics';

export interface Indicator {
  /** Cloud Run's name of the service that has the objective. */
  readonly service: string;
  /** Undefined for a request of another service. */
  isGood(request: LogEntry): boolean | undefined;
}

/**
 * What counts as good for an objective, or the reason in words why that is not evaluated. Monitoring has the requests
 * from request_count and the latencies from the buckets of request_latencies; here every request is looked at itself.
 */
export function indicatorOf(objective: ServiceLevelObjective, monitoring: Monitoring): Indicator | string {
  const serviceName = objective.name.split('/serviceLevelObjectives/')[0] ?? '';
  const { serviceType, serviceLabels } = monitoring.service(serviceName)?.basicService ?? {};
  const { service_name: service, location } = serviceLabels ?? {};
  if (serviceType !== 'CLOUD_RUN' || service === undefined || location === undefined)
    return `the objective ${objective.name} is not of a Cloud Run service`;
  const { basicSli } = objective.serviceLevelIndicator;
  if (!basicSli) return `the objective ${objective.name} has no basic indicator`;
  const narrowed = [basicSli.location, basicSli.method, basicSli.version].some((only) => only?.length);
  if (narrowed) return `the objective ${objective.name} counts a part of the requests only`;
  const isOf = (entry: LogEntry): boolean => entry.service === service && entry.location === location;
  const { latency } = basicSli;
  if (!latency)
    return { service, isGood: (request) => (isOf(request) ? requestStatus(request) < 500 : undefined) };
  const thresholdSec = Number.parseFloat(latency.threshold);
  return {
    service,
    isGood: (request) => (isOf(request) ? requestLatencySec(request) <= thresholdSec : undefined),
  };
}
