import type { Attributes } from '@opentelemetry/api';
import type { tracing } from '@opentelemetry/sdk-node';

/** Heap of a span without texts, of an event or link, and of an attribute, in bytes: measured in V8 and rounded up. */
const SPAN_BYTES = 1_000;
const ENTRY_BYTES = 200;
const ATTRIBUTE_BYTES = 16;

/** V8 keeps a character in one byte or two. */
const CHARACTER_BYTES = 2;

/** Roughly how much memory a span that has ended holds, in bytes: rather too much than too little. */
export function estimateSpanBytes({ attributes, events, links, status }: tracing.ReadableSpan): number {
  let bytes = SPAN_BYTES + attributesBytes(attributes) + CHARACTER_BYTES * (status.message?.length ?? 0);
  for (const event of events) bytes += ENTRY_BYTES + attributesBytes(event.attributes);
  for (const link of links) bytes += ENTRY_BYTES + attributesBytes(link.attributes);
  return bytes;
}

function attributesBytes(attributes: Attributes = {}): number {
  let bytes = 0;
  for (const key in attributes) {
    const value = attributes[key];
    bytes += ATTRIBUTE_BYTES;
    if (typeof value === 'string') bytes += CHARACTER_BYTES * value.length;
    else if (Array.isArray(value)) bytes += listBytes(value);
  }
  return bytes;
}

function listBytes(values: readonly unknown[]): number {
  let bytes = 0;
  for (const value of values) {
    bytes += ATTRIBUTE_BYTES + (typeof value === 'string' ? CHARACTER_BYTES * value.length : 0);
  }
  return bytes;
}
