import type { Distance } from '../network/region-latency';
import type { AttributeValue } from '../trace/span';
import type { ModelSpeed } from '../vertex-ai/model-speed';
import { describeFault, type Fault } from './fault-rules';

/** What the local cloud has done to a request on its way. */
export interface Interference {
  readonly distance?: Distance | undefined;
  readonly fault?: Fault | undefined;
  /** Of the model whose time the answer takes. */
  readonly speed?: ModelSpeed | undefined;
}

/** Attributes of the span of whatever the request was sent to. */
export function interferenceAttributes({
  distance,
  fault,
  speed,
}: Interference): Record<string, AttributeValue> {
  return {
    ...(distance && {
      'local_cloud.latency_ms': distance.latencyMs,
      'local_cloud.caller_region': distance.from,
      'local_cloud.region': distance.to,
    }),
    ...(fault && { 'local_cloud.fault': describeFault(fault) }),
    ...(speed && {
      'local_cloud.first_token_ms': speed.firstTokenMs,
      'local_cloud.tokens_per_sec': speed.tokensPerSec,
    }),
  };
}

/** The same for the caller, but for the speed, as the value of a `Server-Timing` header (w3.org/TR/server-timing). */
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
    'local_cloud.first_token_ms': firstTokenMs,
    'local_cloud.tokens_per_sec': tokensPerSec,
  } = attributes;
  const notes = [
    ...(latencyMs === undefined
      ? []
      : [`${String(latencyMs)} ms on the way from ${String(from)} to ${String(to)}`]),
    ...(fault === undefined ? [] : [`injected fault: ${String(fault)}`]),
    ...(firstTokenMs === undefined
      ? []
      : [`${String(firstTokenMs)} ms to the first token, ${String(tokensPerSec)} tokens per second`]),
  ];
  return notes.length > 0 ? notes.join('; ') : undefined;
}
