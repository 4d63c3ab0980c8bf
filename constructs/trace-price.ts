import type { IConstruct } from 'constructs';
import { annotate } from './annotate';
import type { DeploymentEnvironment } from './deployment-environment';
import type { Sampling } from './sampling';

/** Cloud Trace's price, https://cloud.google.com/stackdriver/pricing: what Cloud Run records itself is not charged. */
export const DOLLARS_PER_MILLION_SPANS = 0.2;
/** Per month and billing account, not per project; same page. */
export const FREE_SPANS_PER_MONTH = 2_500_000;

/** 30 days, as in Google's own examples of prices, https://cloud.google.com/stackdriver/observability-pricing-examples */
export const SECONDS_PER_MONTH = 30 * 86_400;

/** What spans cost where nothing else uses the free ones. */
export function dollarsPerMonth(spansPerMonth: number): number {
  return (Math.max(0, spansPerMonth - FREE_SPANS_PER_MONTH) / 1_000_000) * DOLLARS_PER_MILLION_SPANS;
}

/** Warns at synth where production keeps every trace: what that costs grows with every request. */
export function warnOfFullTracing(
  service: IConstruct,
  environment: DeploymentEnvironment,
  sampling: Sampling,
): void {
  if (environment.name !== 'production' || sampling.samplingRatio !== 1) return;
  annotate(
    service,
    'warning',
    `'${service.node.id}' keeps every trace in production, at $${DOLLARS_PER_MILLION_SPANS.toFixed(2)} per million spans ` +
      `after the first ${FREE_SPANS_PER_MONTH / 1_000_000} million a month; Sampling.ratio(0.1) keeps one in ten, and ` +
      'those that failed besides',
  );
}
