import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { resources, type tracing } from '@opentelemetry/sdk-node';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
  ATTR_URL_FULL,
  ATTR_USER_AGENT_ORIGINAL,
  CLOUD_PLATFORM,
  CLOUD_PROVIDER,
  CLOUD_REGION,
  DEPLOYMENT_ENVIRONMENT_NAME,
  FAAS_NAME,
  FAAS_VERSION,
  GCP_PROJECT_ID,
} from './attributes';
import type { SpanLosses } from './span-losses';
import { SpanLimiter } from './span-limits';

/** Quotas and limits of Cloud Trace API v2 (cloud.google.com/trace/docs/quotas and google/devtools/cloudtrace/v2/trace.proto). */
const LIMITS = {
  attributes: 32,
  keyBytes: 128,
  valueBytes: 256,
  nameBytes: 128,
  events: 32,
  eventNameBytes: 256,
  attributesPerEvent: 4,
  links: 128,
  attributesPerLink: 32,
} as const;

/** Cloud Trace's own names of what it shows and searches by; Google's exporter knows only the conventions before 2023. */
const HTTP_LABELS: ReadonlyMap<string, string> = new Map([
  [ATTR_HTTP_REQUEST_METHOD, '/http/method'],
  [ATTR_HTTP_RESPONSE_STATUS_CODE, '/http/status_code'],
  [ATTR_URL_FULL, '/http/url'],
  [ATTR_HTTP_ROUTE, '/http/route'],
  [ATTR_SERVER_ADDRESS, '/http/host'],
  [ATTR_USER_AGENT_ORIGINAL, '/http/user_agent'],
  ['http.method', '/http/method'],
  ['http.status_code', '/http/status_code'],
  ['http.url', '/http/url'],
  ['http.host', '/http/host'],
  ['http.user_agent', '/http/user_agent'],
]);

/** What tells most about a failure, most important first; captured headers are not among it. */
const PRIORITY = [
  new RegExp(`^${ATTR_ERROR_TYPE.replace('.', '\\.')}$`),
  /^(?:\/http\/|http\.(?!request\.header\.|response\.header\.))/,
  /^gen_ai\.usage\./,
  /^traced\.|deadline/,
];

/** Attributes for what a destination has no field for (OpenTelemetry specification, "Mapping to non-OTLP formats"). */
const DROPPED_ATTRIBUTES = 'otel.dropped_attributes_count';
const DROPPED_EVENTS = 'otel.dropped_events_count';
const DROPPED_LINKS = 'otel.dropped_links_count';

const SERVICE_INSTANCE_ID = 'service.instance.id';

/** What the exporter is told of the resource: Cloud Trace has none on a span, it makes labels of it. */
const RESOURCE_ATTRIBUTES = [
  ATTR_SERVICE_NAME,
  'service.namespace',
  ATTR_SERVICE_VERSION,
  SERVICE_INSTANCE_ID,
  CLOUD_REGION,
];

/** Which of them become labels of that name, for the exporter's `resourceFilter`. */
export const RESOURCE_LABELS = /^service\./;

/** What Cloud Run and this folder say of the resource besides, which is not worth a label of every span. */
const UNTOLD: ReadonlySet<string> = new Set([
  ...RESOURCE_ATTRIBUTES,
  CLOUD_PLATFORM,
  CLOUD_PROVIDER,
  DEPLOYMENT_ENVIRONMENT_NAME,
  FAAS_NAME,
  FAAS_VERSION,
  GCP_PROJECT_ID,
  'telemetry.sdk.language',
  'telemetry.sdk.name',
  'telemetry.sdk.version',
]);

/** A resource as it is sent, and how many of a span's labels go on it. */
interface SentResource {
  readonly resource: resources.Resource;
  readonly labels: number;
  /** What somebody has added to it: labels of a span where its own leave room. */
  readonly added: Attributes;
}

/**
 * An exporter that hands spans to Google's within the limits of Cloud Trace and in values that it does not mangle: it
 * rounds fractions, and drops arrays. What is cut is counted in `losses` and on the span.
 */
export function limitForCloudTrace(exporter: tracing.SpanExporter, losses: SpanLosses): tracing.SpanExporter {
  const limiter = new CloudTraceLimiter(losses);
  return {
    export: (spans, done) =>
      exporter.export(
        spans.map((span) => limiter.limit(span)),
        done,
      ),
    shutdown: () => exporter.shutdown(),
  };
}

/** Exported for its property test. */
export class CloudTraceLimiter {
  readonly #limiter: SpanLimiter;
  readonly #resources = new WeakMap<resources.Resource, SentResource>();

  constructor(losses: SpanLosses) {
    this.#limiter = new SpanLimiter(LIMITS, losses, toLabels);
  }

  limit(span: tracing.ReadableSpan): tracing.ReadableSpan {
    const { resource, labels, added } = this.#resource(span.resource);
    const droppedEvents = span.droppedEventsCount + Math.max(0, span.events.length - LIMITS.events);
    const droppedLinks = span.droppedLinksCount + Math.max(0, span.links.length - LIMITS.links);
    let room = LIMITS.attributes - labels - Number(droppedEvents > 0) - Number(droppedLinks > 0);
    if (span.droppedAttributesCount > 0 || Object.keys(span.attributes).length > room) room -= 1;
    const kept = this.#limiter.attributes(span.attributes, room, rank);
    const droppedAttributes = span.droppedAttributesCount + kept.dropped;
    const own = {
      ...kept.attributes,
      ...(droppedAttributes > 0 && { [DROPPED_ATTRIBUTES]: droppedAttributes }),
      ...(droppedEvents > 0 && { [DROPPED_EVENTS]: droppedEvents }),
      ...(droppedLinks > 0 && { [DROPPED_LINKS]: droppedLinks }),
    };
    const free = LIMITS.attributes - labels - Object.keys(own).length;
    const others = Object.fromEntries(Object.entries(added).filter(([key]) => !(key in own)));
    return {
      ...this.#limiter.span(span, kept),
      attributes: { ...this.#limiter.attributes(others, free, rank).attributes, ...own },
      resource,
    };
  }

  #resource(resource: resources.Resource): SentResource {
    const known = this.#resources.get(resource);
    if (known) return known;
    const told = RESOURCE_ATTRIBUTES.map((key) => [key, resource.attributes[key]] as const).filter(
      ([, value]) => typeof value === 'string',
    );
    const { attributes } = this.#limiter.attributes(Object.fromEntries(told), told.length, rank);
    const own = Object.keys(attributes).filter((key) => RESOURCE_LABELS.test(key)).length;
    // The exporter adds g.co/agent and a monitored resource: generic_task (4 labels) where the instance is known,
    // generic_node (3 labels) otherwise.
    const monitored = SERVICE_INSTANCE_ID in attributes ? 4 : 3;
    const sent = {
      resource: resources.resourceFromAttributes(attributes),
      labels: 1 + monitored + own,
      added: Object.fromEntries(Object.entries(resource.attributes).filter(([key]) => !UNTOLD.has(key))),
    };
    this.#resources.set(resource, sent);
    return sent;
  }
}

function rank(key: string): number {
  const index = PRIORITY.findIndex((pattern) => pattern.test(key));
  return index === -1 ? PRIORITY.length : index;
}

/** Attributes under Cloud Trace's names and in its types: text, 64-bit integers, booleans. */
function toLabels(attributes: Attributes): Attributes {
  const http = ATTR_HTTP_REQUEST_METHOD in attributes || 'http.method' in attributes;
  const labels = new Map<string, AttributeValue>();
  for (const [key, value] of Object.entries(attributes)) {
    const label = (http ? HTTP_LABELS.get(key) : undefined) ?? key;
    if (value !== undefined && !labels.has(label)) labels.set(label, toLabel(value));
  }
  return Object.fromEntries(labels);
}

function toLabel(value: AttributeValue): AttributeValue {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : String(value);
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'number' && !Number.isFinite(item) ? String(item) : item,
  );
}
