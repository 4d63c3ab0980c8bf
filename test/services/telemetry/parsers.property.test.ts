import {
  defaultTextMapGetter,
  isSpanContextValid,
  ROOT_CONTEXT,
  trace,
  type SpanContext,
} from '@opentelemetry/api';
import {
  anything,
  assert,
  constantFrom,
  integer,
  oneof,
  property,
  record,
  string,
  stringMatching,
  tuple,
} from 'fast-check';
import { getArrival } from '../../../services/telemetry/arrival';
import { parseCloudTraceContext } from '../../../services/telemetry/cloud-trace-context';
import { getDeadline, parseDeadlineMs } from '../../../services/telemetry/deadline';
import { createLogs } from '../../../services/telemetry/log';
import { TracedPropagator } from '../../../services/telemetry/propagator';

const RUNS = { numRuns: 2_000 };

const text = string({ unit: 'binary', maxLength: 300 });
const hex = (digits: number): ReturnType<typeof stringMatching> =>
  stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`));
const flags = integer({ min: 0, max: 255 }).map((bits) => bits.toString(16).padStart(2, '0'));
const traceparent = oneof(
  text,
  tuple(constantFrom('00', 'cc', 'ff', '0'), hex(32), hex(16), flags).map((parts) => parts.join('-')),
);
const legacy = oneof(
  text,
  tuple(hex(32), stringMatching(/^[0-9]{0,40}$/), constantFrom('', ';o=1', ';o=0', ';o=', ';o=2')).map(
    ([traceId, spanId, options]) => `${traceId}/${spanId}${options}`,
  ),
);

const isValidOrAbsent = (context: SpanContext | undefined): boolean =>
  context === undefined || (isSpanContextValid(context) && [0, 1].includes(context.traceFlags));

const isDeadlineOrAbsent = (ms: number | undefined): boolean =>
  ms === undefined || (Number.isInteger(ms) && ms >= 1 && ms <= 3_600_000);

test('whatever a legacy header says, it is read to a valid context or not at all', () => {
  expect(() =>
    assert(
      property(legacy, (value) => isValidOrAbsent(parseCloudTraceContext(value))),
      RUNS,
    ),
  ).not.toThrow();
});

test('a legacy header that was read stands for the same ids', () => {
  const ids = tuple(hex(32), hex(16)).filter((parts) => parts.every((part) => /[^0]/.test(part)));
  assert(
    property(ids, ([traceId, spanId]) => {
      expect(parseCloudTraceContext(`${traceId}/${BigInt(`0x${spanId}`)};o=1`)).toMatchObject({
        traceId,
        spanId,
      });
    }),
    RUNS,
  );
});

test('whatever headers arrive, the context is valid or absent, and what goes out is well-formed', () => {
  const headers = record(
    {
      traceparent,
      tracestate: text,
      'traced-parent': traceparent,
      'traced-deadline-ms': oneof(text, integer().map(String)),
      'x-cloud-trace-context': legacy,
      baggage: text,
    },
    { requiredKeys: [] },
  );
  assert(
    property(headers, constantFrom(true, false), (carrier, trusted) => {
      const propagator = new TracedPropagator(trusted);
      const context = propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter);
      const parent = trace.getSpanContext(context);
      expect(isValidOrAbsent(parent)).toBe(true);
      expect(isDeadlineOrAbsent(getDeadline(context)?.ms)).toBe(true);
      expect(parent?.traceId ?? getArrival(context)?.traceId).toBe(getArrival(context)?.traceId);

      const sent: Record<string, string> = {};
      propagator.inject(context, sent, { set: (_carrier, name, value) => (sent[name] = value) });
      const { traceparent, tracestate = '', ...rest } = sent;
      expect(rest).toEqual({});
      expect(tracestate).toMatch(/^[\x20-\x7e]{0,512}$/);
      expect(traceparent ?? 'none').toMatch(parent ? /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]$/ : /^none$/);
    }),
    RUNS,
  );
});

test('whatever a deadline header says, it is a whole number of milliseconds up to an hour or none', () => {
  expect(() =>
    assert(
      property(oneof(text, integer().map(String)), (value) => isDeadlineOrAbsent(parseDeadlineMs(value))),
      RUNS,
    ),
  ).not.toThrow();
});

test('whatever is logged, it is one line of JSON with the severity it was logged at', () => {
  const lines: string[] = [];
  const { log } = createLogs({}, { write: (line) => lines.push(line) });
  const values = anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
  });
  assert(
    property(values, oneof(text, values), (first, second) => {
      lines.length = 0;
      Reflect.apply(log.warn, log, [first, second]);
      expect(lines).toHaveLength(1);
      const [line = ''] = lines;
      expect(line.indexOf('\n')).toBe(line.length - 1);
      const parsed: Record<string, unknown> = JSON.parse(line);
      expect(parsed['severity']).toBe('WARNING');
    }),
    RUNS,
  );
});
