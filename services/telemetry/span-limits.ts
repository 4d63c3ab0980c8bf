import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type { tracing } from '@opentelemetry/sdk-node';
import type { Cut, SpanLosses } from './span-losses';
import { limitUtf8 } from './utf8';

/** How much of a span its destination takes; sizes in bytes of UTF-8. */
export interface SpanLimits {
  readonly attributes: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly nameBytes: number;
  readonly events: number;
  readonly eventNameBytes: number;
  readonly attributesPerEvent: number;
  readonly links: number;
  readonly attributesPerLink: number;
}

/** Attributes within limits, and how many were dropped. */
export interface Kept {
  readonly attributes: Attributes;
  readonly dropped: number;
}

/** Cuts the parts of spans to limits, the least telling first, and counts in `losses` what it cut. */
export class SpanLimiter {
  readonly #limits: SpanLimits;
  readonly #losses: SpanLosses;
  readonly #convert: (attributes: Attributes) => Attributes;

  /** `convert` turns attributes into names and types that the destination knows, before they are limited. */
  constructor(
    limits: SpanLimits,
    losses: SpanLosses,
    convert: (attributes: Attributes) => Attributes = (attributes) => attributes,
  ) {
    this.#limits = limits;
    this.#losses = losses;
    this.#convert = convert;
  }

  /**
   * The attributes with the lowest `rank`, at most `max`, in their order, with keys and texts within the limits. Two keys
   * that are cut to the same one are one attribute.
   */
  attributes(attributes: Attributes, max: number, rank: (key: string) => number): Kept {
    const entries = new Map<string, AttributeValue>();
    const given = Object.entries(this.#convert(attributes));
    for (const [key, value] of given) {
      const limited = this.#text(key, this.#limits.keyBytes);
      if (value !== undefined && !entries.has(limited)) entries.set(limited, this.#value(value));
    }
    const kept = pick([...entries], max, ([key]) => rank(key));
    const dropped = given.length - kept.length;
    this.#count('attributes', dropped);
    return { attributes: Object.fromEntries(kept), dropped };
  }

  /** The span within the limits; `attributes` are those to send. */
  span(span: tracing.ReadableSpan, { attributes, dropped }: Kept): tracing.ReadableSpan {
    const events = this.#events(span.events);
    const links = this.#links(span.links);
    const { kind, startTime, endTime, duration, ended, resource, instrumentationScope, status } = span;
    return {
      spanContext: () => span.spanContext(),
      ...(span.parentSpanContext && { parentSpanContext: span.parentSpanContext }),
      kind,
      startTime,
      endTime,
      duration,
      ended,
      resource,
      instrumentationScope,
      name: this.#text(span.name, this.#limits.nameBytes),
      status: {
        ...status,
        ...(status.message !== undefined && { message: this.#text(status.message, this.#limits.valueBytes) }),
      },
      attributes,
      events,
      links,
      droppedAttributesCount: span.droppedAttributesCount + dropped,
      droppedEventsCount: span.droppedEventsCount + span.events.length - events.length,
      droppedLinksCount: span.droppedLinksCount + span.links.length - links.length,
    };
  }

  /** Exceptions are kept before other events. */
  #events(events: readonly tracing.TimedEvent[]): tracing.TimedEvent[] {
    const { events: max, eventNameBytes, attributesPerEvent } = this.#limits;
    const kept = pick(events, max, ({ name }) => (name === 'exception' ? 0 : 1));
    this.#count('events', events.length - kept.length);
    return kept.map((event) => {
      const { attributes, dropped } = this.attributes(
        event.attributes ?? {},
        attributesPerEvent,
        rankOfEvent,
      );
      return {
        ...event,
        name: this.#text(event.name, eventNameBytes),
        attributes,
        droppedAttributesCount: (event.droppedAttributesCount ?? 0) + dropped,
      };
    });
  }

  #links(links: tracing.ReadableSpan['links']): tracing.ReadableSpan['links'] {
    const kept = links.slice(0, this.#limits.links);
    this.#count('links', links.length - kept.length);
    return kept.map((link) => {
      const { attributes, dropped } = this.attributes(
        link.attributes ?? {},
        this.#limits.attributesPerLink,
        () => 0,
      );
      return { ...link, attributes, droppedAttributesCount: (link.droppedAttributesCount ?? 0) + dropped };
    });
  }

  #text(text: string, maxBytes: number): string {
    const limited = limitUtf8(text, maxBytes);
    if (limited.length < text.length) this.#losses.cut('texts', 1);
    return limited;
  }

  #value(value: AttributeValue): AttributeValue {
    const text = (item: string): string => this.#text(item, this.#limits.valueBytes);
    if (typeof value === 'string') return text(value);
    if (!Array.isArray(value)) return value;
    const items: readonly (string | number | boolean | null | undefined)[] = value;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every item keeps its type, so the array does
    return items.map((item) => (typeof item === 'string' ? text(item) : item)) as AttributeValue;
  }

  #count(what: Cut, count: number): void {
    if (count > 0) this.#losses.cut(what, count);
  }
}

function rankOfEvent(key: string): number {
  return key === 'exception.type' || key === 'exception.message' ? 0 : 1;
}

/** The `max` items with the lowest rank, in their order. */
function pick<T>(items: readonly T[], max: number, rank: (item: T) => number): readonly T[] {
  if (items.length <= max) return items;
  return items
    .map((item, index) => ({ item, index, rank: rank(item) }))
    .toSorted((a, b) => a.rank - b.rank || a.index - b.index)
    .slice(0, max)
    .toSorted((a, b) => a.index - b.index)
    .map(({ item }) => item);
}
