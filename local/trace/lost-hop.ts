import type { LogEntry } from '../logging/log-store';
import { type StackService, TURNING_OFF, whereToChange } from './stack';

/** Why a call is not in its caller's trace: the caller sent no valid trace header, or the callee got it and sent no spans. */
export type LostBecause = 'no-header' | 'no-spans';

/**
 * Why a service's request is not in its trace; undefined where it is, or need not be. `inTrace` are the services whose
 * spans the trace has that the request arrived in, by their `service.name` as `callee`.
 */
export function whyLost(
  request: LogEntry,
  inTrace: ReadonlySet<string>,
  callee: string,
): LostBecause | undefined {
  const { caller } = request;
  if (!caller) return undefined;
  if (!caller.context) return 'no-header';
  // A caller that does not record the trace itself leaves it to the callee whether to.
  const isDue = caller.context.sampled && inTrace.size > 0 && reachedContainer(request);
  return isDue && !inTrace.has(callee) ? 'no-spans' : undefined;
}

/** What the front end logs where nobody waited for the answer any more. */
const CLIENT_CLOSED_REQUEST = 499;

/** Whether a request came as far as the service: the front end has not answered in its place. */
export function reachedContainer({ message, httpRequest }: LogEntry): boolean {
  return message === '' || httpRequest?.['status'] === CLIENT_CLOSED_REQUEST;
}

/** When a request was served, in milliseconds since the epoch. */
export function requestPeriod({ timestamp, httpRequest }: LogEntry): { startMs: number; endMs: number } {
  const startMs = Date.parse(timestamp);
  // Such as `0.123456s`.
  const latencySec = Number.parseFloat(String(httpRequest?.['latency'])) || 0;
  return { startMs, endMs: startMs + latencySec * 1000 };
}

/**
 * What happens, without a full stop, and in a sentence what to change, and where. `service` is whose doing it is: the caller
 * where it sent no header, the callee where it sent no spans.
 */
export function lostHop(because: LostBecause, service: StackService): { text: string; advice: string } {
  const { spanService: name, turnedOffBy } = service;
  const where = whereToChange(service);
  if (because === 'no-header') {
    const advice =
      `Have ${name} start its telemetry before anything else, and make its calls with a client that passes the trace on: ` +
      `${where}.`;
    return {
      text: `${name} does not pass the trace header on`,
      advice: turnedOffBy === 'OTEL_SDK_DISABLED' ? turnOn(turnedOffBy, where) : advice,
    };
  }
  if (turnedOffBy) {
    return { text: `${name} gets the trace header and sends no spans`, advice: turnOn(turnedOffBy, where) };
  }
  return {
    text: `${name} gets the trace header and has no spans: its telemetry is off, or its spans are lost`,
    advice: `Look at how ${name} starts its telemetry, and in its log lines for spans that could not be sent: ${where}.`,
  };
}

function turnOn(variable: keyof typeof TURNING_OFF, where: string): string {
  return `${variable} is ${TURNING_OFF[variable]} in its environment, which turns its telemetry off: take that out of ${where}.`;
}
