import { ServiceGraph } from './service-graph';
import type { ITracedCloudRunService } from './imported-service';
import { TracedCloudRunService } from './traced-cloud-run-service';

/**
 * The entries and all services behind them, each before those it calls, otherwise in the order in which the calls are
 * declared. Services of others are left out: what they do shows in their own project.
 */
export function servicesBehind(entries: readonly TracedCloudRunService[]): TracedCloudRunService[] {
  const calleesFirst: ITracedCloudRunService[] = [];
  const seen = new Set<ITracedCloudRunService>();
  const visit = (service: ITracedCloudRunService): void => {
    if (seen.has(service)) return;
    seen.add(service);
    for (const { callee } of ServiceGraph.of(service).callsOf(service).toReversed()) visit(callee);
    calleesFirst.push(service);
  };
  for (const entry of entries.toReversed()) visit(entry);
  return calleesFirst.toReversed().filter((service) => service instanceof TracedCloudRunService);
}

/** Services of `servicesBehind` that a service calls itself. */
export function calleesOf(service: TracedCloudRunService): TracedCloudRunService[] {
  return ServiceGraph.of(service)
    .callsOf(service)
    .map(({ callee }) => callee)
    .filter((callee) => callee instanceof TracedCloudRunService);
}
