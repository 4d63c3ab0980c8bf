import { DEADLINE_MS } from './attribute-names';
import type { Span } from './span';

/** When the time that a span was given was over. */
export interface DeadlineMark {
  readonly spanId: string;
  readonly unixNano: bigint;
  /** What it was given when it began, in whole milliseconds. */
  readonly ms: number;
  /** Whose span it is. */
  readonly service: string;
}

/** The deadlines that spans tell, earliest first. */
export function deadlineMarks(spans: readonly Span[]): DeadlineMark[] {
  return spans
    .flatMap(({ spanId, service, startUnixNano, attributes }) => {
      const ms = attributes[DEADLINE_MS];
      if (typeof ms !== 'number' || !Number.isSafeInteger(ms) || ms < 0) return [];
      return [{ spanId, unixNano: startUnixNano + BigInt(ms) * 1_000_000n, ms, service }];
    })
    .toSorted((a, b) => (a.unixNano < b.unixNano ? -1 : 1));
}
