import { CloudRunV2Service } from '@cdktf/provider-google/lib/cloud-run-v2-service';
import { LOGGED, requestsLink, traceExplorerLink } from './console-links';
import { calleesOf } from './pipeline-order';
import type { TracedCloudRunService } from './traced-cloud-run-service';

interface RunbookOptions {
  readonly title: string;
  readonly projectId: string;
  /** In the order of the graph. */
  readonly services: readonly TracedCloudRunService[];
  /** What the traces are expected to cost. */
  readonly budget: string;
}

/** What somebody who is on call needs for a pipeline in one environment, as Markdown: which alert, where to look, what for. */
export function renderRunbook({ title, projectId, services, budget }: RunbookOptions): string {
  const ids = services.map(({ node }) => node.id);
  const calls = services.flatMap((service) =>
    calleesOf(service).map((callee) => `${service.node.id} -> ${callee.node.id}`),
  );
  return [
    `# Runbook: ${title}`,
    `Services, callers first: ${ids.join(', ')}. Calls: ${calls.join(', ') || 'none'}.`,
    '## An alert came',
    [
      '1. Open the requests of its service below, take one, and open its trace.',
      '2. Read the trace from the top: the first span that failed, or the longest one, is the cause; those above it only wait.',
      '3. A `504` at a caller is a deadline: compare it with the longest span of the callee. Time in which no span of the callee runs is waiting: for an instance, for CPU, or for another region.',
    ].join('\n'),
    '## Where to look',
    `[Traces of all services](${traceExplorerLink(projectId, ids)}): sort them by duration.`,
    ...services.map((service) => lookAt(projectId, service)),
    '## What tracing costs',
    `${budget}.`,
  ].join('\n\n');
}

function lookAt(projectId: string, service: TracedCloudRunService): string {
  const monitored = { name: nameOf(service), region: service.region };
  const link = (condition: string): string => requestsLink(projectId, monitored, condition);
  return [
    `**${service.node.id}** (\`${monitored.name}\`, ${monitored.region}):`,
    `[failed](${link(LOGGED.failed)}),`,
    `[timed out](${link(LOGGED.timedOut)}),`,
    `[slower than 1 s](${link(LOGGED.slowerThan(1000))}),`,
    `[no instance](${link(LOGGED.noInstance)}),`,
    `[traces](${traceExplorerLink(projectId, [service.node.id])})`,
  ].join(' ');
}

/** The name itself where it is known: a reference to the resource means nothing outside Terraform. */
function nameOf(service: TracedCloudRunService): string {
  const resource = service.node.defaultChild;
  return (resource instanceof CloudRunV2Service ? resource.nameInput : undefined) ?? service.name;
}
