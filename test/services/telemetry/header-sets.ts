import {
  defaultTextMapGetter,
  defaultTextMapSetter,
  isSpanContextValid,
  ROOT_CONTEXT,
  trace,
} from '@opentelemetry/api';
import {
  array,
  assert,
  boolean,
  constant,
  constantFrom,
  integer,
  nat,
  oneof,
  property,
  record,
  string,
  tuple,
  type Arbitrary,
} from 'fast-check';
import { clearArrival, getArrival } from '../../../services/telemetry/arrival';
import { markServiceCall, TracedPropagator } from '../../../services/telemetry/propagator';

const among = (pattern: RegExp): Arbitrary<string> =>
  constantFrom(
    ...Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).filter((c) => pattern.test(c)),
  );
const hex = (digits: number): Arbitrary<string> =>
  string({ unit: among(/[0-9a-f]/), minLength: digits, maxLength: digits });
const bytes = string({ unit: 'binary', maxLength: 40 });

/** Valid values, and values with one character replaced, left out or put in somewhere. */
const damaged = (values: Arbitrary<string>): Arbitrary<string> =>
  oneof(
    { weight: 2, arbitrary: values },
    tuple(
      values,
      nat(),
      constantFrom('', '0', 'f', 'A', '-', ',', '=', ' ', '\t', '\r\n', '\0', 'é'),
      nat(1),
    ).map(([value, place, put, taken]) => {
      const index = value.length === 0 ? 0 : place % value.length;
      return value.slice(0, index) + put + value.slice(index + taken);
    }),
    { weight: 1, arbitrary: bytes },
  );

const flags = integer({ min: 0, max: 255 }).map((bits) => bits.toString(16).padStart(2, '0'));
const version = oneof({ weight: 4, arbitrary: constant('00') }, hex(2));
const ids = tuple(oneof(hex(32), constant('1'.repeat(32))), hex(16));
const traceparent = damaged(
  tuple(version, ids, flags, constantFrom('', '', '', '-', '-tail')).map(
    ([first, [traceId, spanId], last, tail]) => `${first}-${traceId}-${spanId}-${last}${tail}`,
  ),
);
const legacy = damaged(
  tuple(ids, nat(), constantFrom('', ';o=0', ';o=1', ';o=')).map(
    ([[traceId], spanId, options]) => `${traceId}/${spanId}${options}`,
  ),
);
export const key = tuple(among(/[a-z0-9]/), string({ unit: among(/[a-z0-9_\-*/@]/), maxLength: 12 })).map(
  (parts) => parts.join(''),
);
export const value = tuple(string({ unit: among(/[ -+\--<>-~]/), maxLength: 12 }), among(/[!-+\--<>-~]/)).map(
  (parts) => parts.join(''),
);
const member = tuple(oneof(key, constant('ot')), value).map((parts) => parts.join('='));
const tracestate = damaged(array(member, { maxLength: 40 }).map((members) => members.join()));

const lines = (values: Arbitrary<string>): Arbitrary<string | string[]> =>
  oneof({ weight: 5, arbitrary: values }, array(values, { maxLength: 3 }));
/** Sets of headers that concern a trace: good ones, damaged ones and nonsense. */
export const headerSets = record(
  {
    traceparent: lines(traceparent),
    tracestate: lines(tracestate),
    'traced-parent': lines(traceparent),
    'traced-deadline-ms': lines(oneof(nat().map(String), bytes)),
    'x-cloud-trace-context': lines(legacy),
    baggage: bytes,
  },
  { requiredKeys: [] },
);

/** The grammar of what may be sent: level 2 of the specification, and 512 characters of state. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[0-3]$/;
const MEMBER = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/;

/**
 * Fails where one of `count` sets of headers makes the propagator fail or send anything that is not well-formed; the error
 * shows the seed and the smallest set that fails. Also where hardly any of them was a good one.
 */
export function checkPropagation(count: number): void {
  let [continued, withState] = [0, 0];
  assert(
    property(headerSets, boolean(), boolean(), (headers, trusted, service) => {
      // WHEN a request arrives, has one span as the SDK makes it, and a call goes out
      const propagator = new TracedPropagator(trusted);
      const arrived = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
      const arrival = getArrival(arrived);
      const remote = trace.getSpanContext(arrived);
      const traceId = arrival?.traceId ?? 'a'.repeat(32);
      const traceState = remote?.traceState ?? arrival?.traceState;
      const span = { traceId, spanId: 'b'.repeat(16), traceFlags: 1, ...(traceState && { traceState }) };
      const context = trace.setSpanContext(clearArrival(arrived), span);
      const sent: Record<string, string> = {};
      propagator.inject(service ? markServiceCall(context) : context, sent, defaultTextMapSetter);

      if (arrival) continued += 1;
      if (sent['tracestate'] !== undefined) withState += 1;

      // THEN what was read is valid and of one trace, and what is sent is what may be sent and nothing else
      const { traceparent = '', tracestate: state, 'traced-parent': own, ...others } = sent;
      const read = remote && { valid: isSpanContextValid(remote), traceId: remote.traceId };
      const members = state?.split(',') ?? [];
      return (
        (read === undefined || (read.valid && read.traceId === arrival?.traceId)) &&
        TRACEPARENT.test(traceparent) &&
        traceparent.includes(traceId) &&
        own === (service ? traceparent : undefined) &&
        members.length <= 32 &&
        members.every((text) => MEMBER.test(text) && (trusted || !text.startsWith('ot='))) &&
        (state?.length ?? 0) <= 512 &&
        Object.keys(others).length === 0
      );
    }),
    { numRuns: count },
  );
  // AND enough of them were good ones
  expect(continued).toBeGreaterThan(count / 10);
  expect(withState).toBeGreaterThan(count / 100);
}
