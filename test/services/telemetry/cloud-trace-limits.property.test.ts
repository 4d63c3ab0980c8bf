import { SpanKind, SpanStatusCode, TraceFlags, type Attributes } from '@opentelemetry/api';
import { resources, type tracing } from '@opentelemetry/sdk-node';
import fc from 'fast-check';
import { CloudTraceLimiter } from '../../../services/telemetry/cloud-trace-limits';
import { log } from '../../../services/telemetry/log';
import { SpanLosses } from '../../../services/telemetry/span-losses';

log.level = 'silent';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ maxLength: 20 }),
  // Lone surrogates, which UTF-8 cannot say.
  fc
    .array(fc.integer({ min: 0xd7_00, max: 0xe0_ff }), { maxLength: 200 })
    .map((units) => String.fromCharCode(...units)),
  fc.constantFrom('x'.repeat(255) + '😀', 'é'.repeat(200), '\uD800'.repeat(90)),
);
const value = fc.oneof(
  text,
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.array(text, { maxLength: 5 }),
  fc.array(fc.oneof(fc.double(), fc.constant(null)), { maxLength: 50 }),
);
const attributes: fc.Arbitrary<Attributes> = fc
  .array(fc.tuple(text, value), { maxLength: 60 })
  .map((entries) => Object.fromEntries(entries));
const count = fc.constantFrom(0, 0, 3);

const span = fc
  .record({
    name: text,
    message: text,
    attributes,
    serviceName: text,
    instanceId: fc.option(text),
    added: fc.dictionary(text, text, { maxKeys: 40 }),
    events: fc.array(fc.record({ name: text, attributes }), { maxLength: 40 }),
    links: fc.array(attributes, { maxLength: 3 }),
    moreLinks: fc.constantFrom(0, 130),
    dropped: fc.record({ attributes: count, events: count, links: count }),
  })
  .map((given): tracing.ReadableSpan => {
    const context = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: TraceFlags.SAMPLED };
    return {
      name: given.name,
      kind: SpanKind.SERVER,
      spanContext: () => context,
      startTime: [1, 0],
      endTime: [2, 0],
      duration: [1, 0],
      ended: true,
      status: { code: SpanStatusCode.ERROR, message: given.message },
      attributes: given.attributes,
      events: given.events.map((event) => ({ ...event, time: [1, 5] })),
      links: [...given.links, ...Array.from({ length: given.moreLinks }, () => ({}))].map((each) => ({
        context,
        attributes: each,
      })),
      resource: resources.resourceFromAttributes({
        'service.name': given.serviceName,
        ...(given.instanceId !== null && { 'service.instance.id': given.instanceId }),
        'cloud.platform': 'gcp_cloud_run',
        'deployment.environment.name': given.message,
        ...given.added,
      }),
      instrumentationScope: { name: 'test' },
      droppedAttributesCount: given.dropped.attributes,
      droppedEventsCount: given.dropped.events,
      droppedLinksCount: given.dropped.links,
    };
  });

function expectText(text: string, maxBytes: number): void {
  const bytes = Buffer.from(text);
  expect(bytes.length).toBeLessThanOrEqual(maxBytes);
  expect(new TextDecoder('utf-8', { fatal: true }).decode(bytes)).toBe(text);
}

function expectAttributes(attributes: Attributes, max: number): void {
  expect(Object.keys(attributes).length).toBeLessThanOrEqual(max);
  for (const [key, value] of Object.entries(attributes)) {
    expectText(key, 128);
    if (typeof value === 'string') expectText(value, 256);
    expect(['string', 'boolean'].includes(typeof value) || Number.isSafeInteger(value)).toBe(true);
  }
}

test('every span is within the limits of Cloud Trace and valid UTF-8, whatever is on it', () => {
  const limiter = new CloudTraceLimiter(new SpanLosses());
  fc.assert(
    fc.property(span, (given) => {
      const limited = limiter.limit(given);
      expectText(limited.name, 128);
      expectText(limited.status.message ?? '', 256);
      // g.co/agent and the labels of generic_node or generic_task are added by Google's exporter.
      const labels = Object.keys(limited.resource.attributes).filter((key) =>
        key.startsWith('service.'),
      ).length;
      const monitored = 'service.instance.id' in limited.resource.attributes ? 4 : 3;
      expectAttributes(limited.attributes, 32 - 1 - labels - monitored);
      expectAttributes(limited.resource.attributes, 5);
      expect(limited.events.length).toBeLessThanOrEqual(32);
      for (const event of limited.events) {
        expectText(event.name, 256);
        expectAttributes(event.attributes ?? {}, 4);
      }
      expect(limited.links.length).toBeLessThanOrEqual(128);
      for (const link of limited.links) expectAttributes(link.attributes ?? {}, 32);
      expect(limited.droppedEventsCount).toBe(
        given.droppedEventsCount + given.events.length - limited.events.length,
      );
      expect(limited.droppedLinksCount).toBe(
        given.droppedLinksCount + given.links.length - limited.links.length,
      );
      expect(limited.attributes['otel.dropped_attributes_count'] ?? 0).toBe(limited.droppedAttributesCount);
    }),
    { numRuns: 300 },
  );
});
