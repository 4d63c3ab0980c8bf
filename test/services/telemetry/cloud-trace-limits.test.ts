import { SpanStatusCode, type Attributes } from '@opentelemetry/api';
import { resources, tracing } from '@opentelemetry/sdk-node';
import { CloudTraceLimiter } from '../../../services/telemetry/cloud-trace-limits';
import { SpanLosses, type Cut } from '../../../services/telemetry/span-losses';

class Losses extends SpanLosses {
  readonly cuts: [Cut, number][] = [];
  override cut(...cut: [Cut, number]): void {
    this.cuts.push(cut);
  }
}

/** A span of the real SDK, ended, and what becomes of it. */
function limit(
  build: (span: ReturnType<ReturnType<tracing.BasicTracerProvider['getTracer']>['startSpan']>) => void,
  resource: Attributes = {},
): { span: tracing.ReadableSpan; cuts: [Cut, number][] } {
  const ended: tracing.ReadableSpan[] = [];
  const collect: tracing.SpanProcessor = {
    onStart: () => {},
    onEnd: (span) => ended.push(span),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const provider = new tracing.BasicTracerProvider({
    resource: resources.defaultResource().merge(resources.resourceFromAttributes(resource)),
    spanProcessors: [collect],
    spanLimits: { attributeCountLimit: 60 },
  });
  const span = provider.getTracer('test').startSpan('work');
  build(span);
  span.end();
  const losses = new Losses();
  const [given] = ended;
  if (!given) throw new Error('no span has ended');
  return { span: new CloudTraceLimiter(losses).limit(given), cuts: losses.cuts };
}

const attributesOf = (attributes: Attributes): Attributes =>
  limit((span) => span.setAttributes(attributes)).span.attributes;
const many = (count: number): Attributes =>
  Object.fromEntries(Array.from({ length: count }, (_item, index) => [`a${index}`, index]));

describe('for Cloud Trace, an attribute', () => {
  test.each<[string, Attributes[string], Attributes[string]]>([
    ['whole number', 42, 42],
    ['fraction', 0.7, '0.7'],
    ['small fraction', 1e-7, '1e-7'],
    ['negative fraction', -12.25, '-12.25'],
    ['NaN', Number.NaN, 'NaN'],
    ['infinity', Number.NEGATIVE_INFINITY, '-Infinity'],
    ['largest exact integer', 2 ** 53 - 1, 2 ** 53 - 1],
    ['integer beyond 2^53', 2 ** 53, '9007199254740992'],
    ['boolean', false, false],
    ['text', 'text', 'text'],
    ['list of texts', ['stop', 'length'], '["stop","length"]'],
    ['list of numbers', [0.5, Number.NaN], '[0.5,"NaN"]'],
    ['text of 256 bytes', 'x'.repeat(256), 'x'.repeat(256)],
    ['text with an emoji across the limit', `${'x'.repeat(253)}😀`, 'x'.repeat(253)],
    ['text with an emoji up to the limit', `${'x'.repeat(252)}😀y`, `${'x'.repeat(252)}😀`],
    ['text with half an emoji', 'a\uD83Db', 'a\uFFFDb'],
  ])('that is a %s keeps its value', (_case, value, sent) => {
    expect(attributesOf({ value })).toEqual({ value: sent });
  });

  test('has a key of 128 bytes at most', () => {
    expect(attributesOf({ [`${'k'.repeat(127)}é`]: 1 })).toEqual({ ['k'.repeat(127)]: 1 });
  });

  test.each([
    ['http.request.method', 'GET', '/http/method'],
    ['http.response.status_code', 503, '/http/status_code'],
    ['url.full', 'https://a/b', '/http/url'],
    ['http.route', '/process', '/http/route'],
    ['server.address', 'a.example', '/http/host'],
    ['user_agent.original', 'curl/8', '/http/user_agent'],
  ])('%s has the name Cloud Trace knows, once', (key, value, label) => {
    const sent = attributesOf({ 'http.request.method': 'GET', [key]: value });
    expect(sent).toEqual({ '/http/method': 'GET', [label]: value });
  });

  test('is sent once where it is there by its old and its new name', () => {
    expect(attributesOf({ 'http.request.method': 'GET', 'http.method': 'GET' })).toEqual({
      '/http/method': 'GET',
    });
  });

  test('server.address of another protocol keeps its name', () => {
    expect(attributesOf({ 'server.address': 'db' })).toEqual({ 'server.address': 'db' });
  });
});

describe('for Cloud Trace, a span with too much', () => {
  test('keeps the attributes that tell most, and says how many it lost here and in the SDK', () => {
    // GIVEN 65 attributes, of which the SDK keeps 60
    const { span, cuts } = limit((it) =>
      it.setAttributes({
        ...many(56),
        'error.type': 'timeout',
        'http.request.method': 'GET',
        'gen_ai.usage.output_tokens': 5,
        'traced.deadline_ms': 1_000,
        ...Object.fromEntries(Object.keys(many(5)).map((key) => [`late.${key}`, 1])),
      }),
    );
    // THEN 32 less g.co/agent, service.name and three labels of the resource
    expect(Object.keys(span.attributes)).toHaveLength(27);
    expect(span.attributes).toMatchObject({
      'error.type': 'timeout',
      '/http/method': 'GET',
      'gen_ai.usage.output_tokens': 5,
      'traced.deadline_ms': 1_000,
      a0: 0,
      a21: 21,
      'otel.dropped_attributes_count': 34 + 5,
    });
    expect(span.droppedAttributesCount).toBe(34 + 5);
    expect(cuts).toEqual([['attributes', 34]]);
  });

  test('captured headers do not push out what matters', () => {
    const headers = Object.fromEntries(
      Object.keys(many(50)).map((key) => [`http.request.header.${key}`, 'x']),
    );
    expect(attributesOf({ ...headers, 'gen_ai.usage.input_tokens': 1 })).toHaveProperty(
      ['gen_ai.usage.input_tokens'],
      1,
    );
  });

  test('keeps 32 events, exceptions before others', () => {
    const { span, cuts } = limit((it) => {
      for (let index = 0; index < 40; index += 1) it.addEvent(`e${index}`);
      it.recordException(new Error('broken'));
    });
    expect(span.events).toHaveLength(32);
    expect(span.events.at(-1)).toMatchObject({
      name: 'exception',
      attributes: { 'exception.message': 'broken' },
    });
    expect(span.attributes).toEqual({ 'otel.dropped_events_count': 9 });
    expect(cuts).toContainEqual(['events', 9]);
  });

  test('keeps four attributes of an event and 256 bytes of its name', () => {
    const { span } = limit((it) => it.addEvent('n'.repeat(300), { ...many(5), 'exception.type': 'Error' }));
    expect(span.events[0]).toMatchObject({
      name: 'n'.repeat(256),
      attributes: { a0: 0, a1: 1, a2: 2, 'exception.type': 'Error' },
      droppedAttributesCount: 2,
    });
  });

  test('keeps 128 links', () => {
    const { span } = limit((it) => {
      const link = { context: it.spanContext() };
      for (let index = 0; index < 130; index += 1) it.addLink(link);
    });
    expect(span.links.length + span.droppedLinksCount).toBe(130);
    expect(span.links).toHaveLength(128);
    expect(span.attributes).toEqual({ 'otel.dropped_links_count': 2 });
  });

  test('keeps 128 bytes of its name and 256 of its message', () => {
    const { span, cuts } = limit((it) => {
      it.updateName('é'.repeat(100));
      it.setStatus({ code: SpanStatusCode.ERROR, message: 'm'.repeat(5_000_000) });
    });
    expect(span.name).toBe('é'.repeat(64));
    expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: 'm'.repeat(256) });
    expect(cuts).toEqual([
      ['texts', 1],
      ['texts', 1],
    ]);
  });
});

describe('for Cloud Trace, attributes of the resource', () => {
  const RESOURCE = {
    'service.name': 'gateway',
    'cloud.region': 'europe-west1',
    'cloud.platform': 'gcp_cloud_run',
    'faas.name': 'gateway',
    'gcp.project_id': 'p-1',
    'deployment.environment.name': 'production',
    team: 'payments',
    'k8s.cluster.name': 'c',
  };

  test('that OTEL_RESOURCE_ATTRIBUTES adds are labels of every span', () => {
    const { span, cuts } = limit((it) => it.setAttributes({ a: 1 }), RESOURCE);
    expect(span.attributes).toEqual({ a: 1, team: 'payments', 'k8s.cluster.name': 'c' });
    // The exporter makes another number of labels where it finds a cluster.
    expect(span.resource.attributes).toEqual({ 'service.name': 'gateway', 'cloud.region': 'europe-west1' });
    expect(cuts).toEqual([]);
  });

  test('do not push out what is said of the span itself', () => {
    const own = { ...many(25), team: 'of the span' };
    const { span, cuts } = limit((it) => it.setAttributes(own), { ...RESOURCE, tier: 'gold' });
    expect(span.attributes).toEqual({ ...own, 'k8s.cluster.name': 'c' });
    expect(cuts).toEqual([['attributes', 1]]);
  });
});
