import type { TraceState } from '@opentelemetry/api';
import { diag } from './api';

/** Most members of a list, and the grammar of one: W3C Trace Context level 2, section 3.3. */
const MAX_MEMBERS = 32;
const MEMBER =
  /^([a-z0-9][a-z0-9_\-*/@]{0,255})=([\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e])$/;

/** Most characters sent on, which the specification asks of everybody; members longer than the second go first. */
const MAX_LENGTH = 512;
const LARGE_MEMBER_LENGTH = 128;

/**
 * Reads a `tracestate` value: all of it or nothing. Empty members are passed over; of several members with one key the
 * first, which is the latest, counts. Takes time in proportion to the length of the value.
 *
 * @param value repeated headers joined by commas.
 * @returns undefined for an empty list, for more than 32 members and for anything that is not well-formed.
 */
export function parseTraceState(value: string): TraceState | undefined {
  const entries = new Map<string, string>();
  let members = 0;
  for (const part of value.split(',')) {
    const text = trimBlanks(part);
    if (text === '') continue;
    members += 1;
    const [, key, entry] = MEMBER.exec(text) ?? [];
    if (key === undefined || entry === undefined || members > MAX_MEMBERS) return undefined;
    if (!entries.has(key)) entries.set(key, entry);
  }
  return entries.size === 0 ? undefined : new W3CTraceState(entries);
}

/** Members with the latest first. Immutable. */
class W3CTraceState implements TraceState {
  readonly #entries: ReadonlyMap<string, string>;

  constructor(entries: ReadonlyMap<string, string>) {
    this.#entries = entries;
  }

  get(key: string): string | undefined {
    return this.#entries.get(key);
  }

  /** Puts the entry in front; the last one makes room for it. What the grammar forbids is reported and not set. */
  set(key: string, value: string): TraceState {
    if (!MEMBER.test(`${key}=${value}`)) {
      diag.warn(`tracestate cannot hold ${JSON.stringify(`${key}=${value}`)}; the entry is left out`);
      return this;
    }
    const others = [...this.#entries].filter(([other]) => other !== key);
    return new W3CTraceState(new Map([[key, value], ...others.slice(0, MAX_MEMBERS - 1)]));
  }

  unset(key: string): TraceState {
    return new W3CTraceState(new Map([...this.#entries].filter(([other]) => other !== key)));
  }

  /** At most 512 characters: without the last large members if that is enough, and then without the last ones. */
  serialize(): string {
    const members = [...this.#entries].map(([key, value]) => `${key}=${value}`);
    let text = members.join(',');
    while (text.length > MAX_LENGTH) {
      // An index of -1, no large member left, stands for the last one.
      members.splice(
        members.findLastIndex((member) => member.length > LARGE_MEMBER_LENGTH),
        1,
      );
      text = members.join(',');
    }
    return text;
  }
}

/** Without the blanks and tabs around; an expression for the end would take quadratic time over blanks in between. */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text, start)) start += 1;
  while (end > start && isBlank(text, end - 1)) end -= 1;
  return text.slice(start, end);
}

function isBlank(text: string, index: number): boolean {
  return text[index] === ' ' || text[index] === '\t';
}
