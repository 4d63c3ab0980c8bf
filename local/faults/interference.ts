import type { Distance } from '../network/region-latency';
import type { AttributeValue } from '../trace/span';
import { describeFault, type Fault } from './fault-rules';

/** What the local cloud has done to a request on its way. */
export interface Interference {
  readonly distance?: Distance | undefined;
  readonly fault?: Fault | undefined;
}

/** Attributes of the span of whatever the request was sent to. */
export function interferenceAttributes({ distance, fault }: Interference): Record<string, AttributeValue> {
  return {
    ...(distance && {
      'local_cloud.latency_ms': distance.latencyMs,
      'local_cloud.caller_region': distance.from,
      'local_cloud.region': distance.to,
    }),
    ...(fault && { 'local_cloud.fault': describeFault(fault) }),
  };
}

/** The same for the caller, as the value of a `Server-Timing` header (w3.org/TR/server-timing). */
export function serverTiming({ distance, fault }: Interference): string {
  return [
    ...(distance ? [`region;desc="${distance.from} to ${distance.to}";dur=${distance.latencyMs}`] : []),
    ...(fault ? [`fault;desc="${describeFault(fault)}"`] : []),
  ].join(', ');
}

/** What the attributes of a span say of it, in words; undefined where they say nothing. */
export function interferenceNote(attributes: Readonly<Record<string, AttributeValue>>): string | undefined {
  const {
    'local_cloud.latency_ms': latencyMs,
    'local_cloud.caller_region': from,
    'local_cloud.region': to,
    'local_cloud.fault': fault,
  } = attributes;
  const notes = [
    ...(latencyMs === undefined
      ? []
      : [`${String(latencyMs)} ms on the way from ${String(from)} to ${String(to)}`]),
    ...(fault === undefined ? [] : [`injected fault: ${String(fault)}`]),
  ];
  return notes.length > 0 ? notes.join('; ') : undefined;
}
