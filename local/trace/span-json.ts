import type { Span, SpanEvent } from './span';

/** The same with nanoseconds as decimal digits, because JSON has no 64-bit integers. */
export type WithDigits<T, Nanos extends keyof T> = Omit<T, Nanos> & { readonly [Key in Nanos]: string };

type SpanEventJson = WithDigits<SpanEvent, 'unixNano'>;
export type SpanJson = WithDigits<Omit<Span, 'events'>, 'startUnixNano' | 'endUnixNano'> & {
  readonly events: readonly SpanEventJson[];
};

/** JSON with every bigint as its decimal digits. */
export function stringify(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'bigint' ? member.toString() : member,
  );
}

export function spanFromJson(json: SpanJson): Span {
  return {
    ...json,
    ...period(json),
    events: json.events.map((event) => ({ ...event, unixNano: BigInt(event.unixNano) })),
  };
}

/** The two ends of a period. */
export function period(json: { readonly startUnixNano: string; readonly endUnixNano: string }): {
  startUnixNano: bigint;
  endUnixNano: bigint;
} {
  return { startUnixNano: BigInt(json.startUnixNano), endUnixNano: BigInt(json.endUnixNano) };
}
