import { createHash } from 'node:crypto';
import { defaultTextMapGetter, defaultTextMapSetter, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { tracing } from '@opentelemetry/sdk-node';
import { markServiceCall, TracedPropagator } from '../../../services/telemetry/propagator';
import { RatioSampler } from '../../../services/telemetry/sampler';

const { RECORD, RECORD_AND_SAMPLED } = tracing.SamplingDecision;
const REQUESTS = 10_000;
const RATIO = 0.1;

type Headers = Record<string, string>;

const digits = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length);

/** A service as far as it decides: what it makes of a request, and what it sends to the next service. */
class Service {
  readonly #propagator: TracedPropagator;
  readonly #sampler = new RatioSampler(RATIO, RECORD);

  constructor(trustCaller: boolean) {
    this.#propagator = new TracedPropagator(trustCaller);
  }

  receive(headers: Headers): { kept: boolean; sent: Headers } {
    const arrived = this.#propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
    const traceId = String(headers['traceparent']).slice(3, 35);
    const { decision, traceState } = this.#sampler.shouldSample(arrived, traceId);
    const kept = decision === RECORD_AND_SAMPLED;
    const span = { traceId, spanId: digits(traceId, 16), traceFlags: Number(kept) };
    const state = traceState ?? trace.getSpanContext(arrived)?.traceState;
    const calling = trace.setSpanContext(arrived, state ? { ...span, traceState: state } : span);
    const sent: Headers = {};
    this.#propagator.inject(markServiceCall(calling), sent, defaultTextMapSetter);
    return { kept, sent };
  }
}

/** Cloud Run's proxy: the trace id stays, parent and sampled flag are its own. */
function throughProxy(headers: Headers, sampled: boolean): Headers {
  const traceparent = headers['traceparent'] ?? '';
  const spanId = digits(`${traceparent} at the proxy`, 16);
  return { ...headers, traceparent: `${traceparent.slice(0, 36)}${spanId}-0${Number(sampled)}` };
}

describe("Cloud Run's proxy", () => {
  test.each<[string, (request: number) => boolean]>([
    ['no request', () => false],
    ['every request', () => true],
    ['one request in 100', (request) => request % 100 === 0],
  ])('marks %s as sampled: 10 %% are kept, and all services agree on each', (_pattern, sampled) => {
    // GIVEN a public edge and two services behind it
    const services = [new Service(false), new Service(true), new Service(true)];
    const outcomes: Record<string, number> = {};
    for (let request = 0; request < REQUESTS; request++) {
      // WHEN a request goes through all of them, through the proxy before each
      let headers: Headers = {
        traceparent: `00-${digits(`trace ${request}`, 32)}-${digits(`span ${request}`, 16)}-00`,
      };
      const decisions = services.map((service, hop) => {
        const result = service.receive(throughProxy(headers, sampled(request + hop)));
        headers = result.sent;
        return result.kept ? 'kept' : 'not kept';
      });
      const outcome = `${decisions.join(', ')}: ${headers['tracestate'] ?? 'no tracestate'}`;
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
    // THEN they decide alike on each, and the kept ones say at which threshold
    const keep = 'kept, kept, kept: ot=th:e666';
    const others = 'not kept, not kept, not kept: no tracestate';
    expect(Object.keys(outcomes).toSorted()).toEqual([keep, others]);
    const share = (outcomes[keep] ?? 0) / REQUESTS;
    expect(share).toBeGreaterThanOrEqual(RATIO - 0.01);
    expect(share).toBeLessThanOrEqual(RATIO + 0.01);
  });
});
