import type { MonitoringAlertPolicyDocumentation } from '@cdktf/provider-google/lib/monitoring-alert-policy';
import type { MonitoredService } from './cloud-run-queries';
import { traceExplorerLink } from './console-links';

/** A place to look at while an alert is open. */
export interface RunbookStep {
  readonly title: string;
  readonly link: string;
  /** What to do there. */
  readonly hint: string;
}

/**
 * Stands in the documentation of a policy for the service an incident is about: Monitoring fills it in when it notifies.
 * `$${` is Terraform's way to write `${`. The variables: https://cloud.google.com/monitoring/alerts/doc-variables
 */
export const AFFECTED_SERVICE: Readonly<Record<'byMetric' | 'byLog', MonitoredService>> = {
  byMetric: {
    name: '$${metric_or_resource.label.service_name}',
    region: '$${metric_or_resource.label.location}',
  },
  byLog: { name: '$${resource.label.service_name}', region: '$${resource.label.location}' },
};

/** What is shown with every notification of a policy: what happened, and where to look first. */
export function alertDocumentation(
  what: string,
  steps: readonly RunbookStep[],
): MonitoringAlertPolicyDocumentation {
  const list = steps.map(({ title, link, hint }, index) => `${index + 1}. [${title}](${link}): ${hint}`);
  return { mimeType: 'text/markdown', content: [what, ...list].join('\n\n') };
}

/** The step that leads to the traces of services, by the `service.name` of their spans. */
export function traceStep(projectId: string, traceServiceNames: readonly string[]): RunbookStep {
  const names = traceServiceNames.map((name) => `\`${name}\``).join(' or ');
  return {
    title: 'Traces in the Trace explorer',
    link: traceExplorerLink(projectId, traceServiceNames),
    hint: `the spans with the service name ${names}; sort them by duration.`,
  };
}

/** A share of 0 to 1 in words: `99.5 %`. */
export function percent(ratio: number): string {
  return `${Number((ratio * 100).toFixed(4))} %`;
}
