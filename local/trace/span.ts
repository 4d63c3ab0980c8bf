export type AttributeValue = string | number | boolean | readonly AttributeValue[];

export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/** One finished span, whichever protocol it came by. */
export interface Span {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits. */
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** `service.name` of the sender. */
  readonly service: string;
  readonly kind: SpanKind;
  /** Nanoseconds since the Unix epoch. */
  readonly startUnixNano: bigint;
  readonly endUnixNano: bigint;
  readonly status: 'unset' | 'ok' | 'error';
  readonly statusMessage?: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly events: readonly SpanEvent[];
}

export interface SpanEvent {
  readonly name: string;
  readonly unixNano: bigint;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** The value of the first of these attributes that the span has. */
export function firstAttribute(
  { attributes }: Pick<Span, 'attributes'>,
  names: readonly string[],
): AttributeValue | undefined {
  return names.map((name) => attributes[name]).find((value) => value !== undefined);
}
