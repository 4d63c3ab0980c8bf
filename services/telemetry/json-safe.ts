import { EventEmitter } from 'node:events';
import { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf, stackOf, withoutUrlSecrets } from './error-text';
import { causeChain, isError } from './failure';
import { isSecretKey } from './secret-keys';

/** Limits that keep the copying of a record short; what a line may take is checked when it is written. */
const MAX_STRING_LENGTH = 16_384;
const MAX_KEY_LENGTH = 256;
const MAX_DEPTH = 6;
const MAX_ENTRIES = 100;
const MAX_VALUES = 1_000;
const MAX_CHARACTERS = 131_072;

/** What is looked at behind the end of a text that is cut, so that no half of a URL's credentials stays in front of it. */
const OVERLAP = 1_024;

const REDACTED = '[Redacted]';

/** Properties of an error that are not copied as they are, and those that lead to other errors, which are hidden mostly. */
const TOLD_APART = ['name', 'message', 'stack'];
const REASONS = ['cause', 'errors'];

/** What JSON can say. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface JsonCopy {
  /** Undefined stays undefined. */
  readonly json: Json | undefined;
  /** The error in the value, the one nearest to its top. */
  readonly error: Error | undefined;
}

/**
 * A copy of any value that JSON can say and that nothing in it can stop from being written: throwing getters and proxies
 * become a mark, cycles and great depth are cut, BigInt and NaN become text, errors keep their chain of causes. What
 * is named like a credential is not in it, nor are the secrets of URLs.
 */
export function copyAsJson(value: unknown): JsonCopy {
  const copier = new Copier();
  return { json: copier.copy(value), error: copier.error };
}

/** A text without secrets of URLs, and cut where it is longer than `maxLength` characters. */
export function copyText(text: string, maxLength = MAX_STRING_LENGTH): string {
  return cut(withoutUrlSecrets(text.slice(0, maxLength + OVERLAP)), maxLength);
}

/** The stack of an error and of what caused it, as one text. */
export function stackTrace(error: Error): string {
  return cut(causeChain(error).map(stackOf).join('\nCaused by: '), MAX_STRING_LENGTH);
}

class Copier {
  error: Error | undefined;
  #errorDepth = Number.POSITIVE_INFINITY;
  #values = 0;
  #characters = 0;
  /** What is being copied, from the top down. */
  readonly #path: object[] = [];

  copy(value: unknown): Json | undefined {
    if (++this.#values > MAX_VALUES) return '[Cut]';
    if (value === undefined || value === null || typeof value === 'boolean') return value;
    if (typeof value === 'string') return this.#copyText(value);
    if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
    if (typeof value === 'bigint' || typeof value === 'symbol') return this.#copyText(value.toString());
    if (typeof value !== 'object') return '[Function]';
    if (this.#path.includes(value)) return '[Circular]';
    const depth = this.#path.length;
    if (depth >= MAX_DEPTH) return '[Object]';
    this.#path.push(value);
    const copy = read(() => this.#copyObject(value, depth));
    this.#path.length = depth;
    return copy;
  }

  #copyText(text: string): string {
    const left = Math.max(0, MAX_CHARACTERS - this.#characters);
    const copy = copyText(text, Math.min(MAX_STRING_LENGTH, left));
    this.#characters += copy.length;
    return copy;
  }

  #copyObject(value: object, depth: number): Json | undefined {
    if (isError(value)) {
      if (depth < this.#errorDepth) this.error = value;
      this.#errorDepth = Math.min(depth, this.#errorDepth);
      return this.#copyEntries(errorEntries(value));
    }
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
    if (Array.isArray(value)) return this.#copyItems(value);
    if (value instanceof Set) return this.#copyItems([...value]);
    if (value instanceof Map) return this.#copyEntries([...value.entries()]);
    if ('toJSON' in value && typeof value.toJSON === 'function') return this.copy(value.toJSON());
    // Fastify's request and reply wrap Node's, which know about sockets, headers and bodies: none of a log's business.
    const raw = 'raw' in value ? value.raw : value;
    if (raw instanceof IncomingMessage)
      return { method: raw.method ?? '', url: raw.url?.split('?', 1)[0] ?? '' };
    if (raw instanceof ServerResponse) return { statusCode: raw.statusCode };
    if (value instanceof EventEmitter) return `[${value.constructor.name}]`;
    return this.#copyMembers(value);
  }

  #copyItems(items: readonly unknown[]): Json {
    return items.slice(0, MAX_ENTRIES).map((item) => this.copy(item) ?? null);
  }

  #copyEntries(entries: readonly (readonly [unknown, unknown])[]): Json {
    const result: { [key: string]: Json } = {};
    for (const [key, value] of entries.slice(0, MAX_ENTRIES)) this.#copyMember(result, String(key), value);
    return result;
  }

  #copyMembers(value: object): Json {
    const result: { [key: string]: Json } = {};
    const keys = Object.keys(value);
    const count = Math.min(keys.length, MAX_ENTRIES);
    for (let index = 0; index < count; index += 1) {
      const key = keys[index] ?? '';
      this.#copyMember(result, key, get(value, key));
    }
    return result;
  }

  #copyMember(into: { [key: string]: Json }, key: string, value: unknown): void {
    const copy = isSecretKey(key) && tells(value) ? REDACTED : this.copy(value);
    if (copy === undefined) return;
    const name = cut(key, MAX_KEY_LENGTH);
    // An assignment would change what the object is.
    if (name === '__proto__') Object.defineProperty(into, name, { value: copy, enumerable: true });
    else into[name] = copy;
  }
}

/** Whether a value says more than that there is something or not. */
function tells(value: unknown): boolean {
  return value !== undefined && value !== null && typeof value !== 'boolean';
}

function errorEntries(error: Error): [string, unknown][] {
  const own = Object.keys(error).filter((key) => ![...TOLD_APART, ...REASONS].includes(key));
  const rest = [...own, ...REASONS].map((key): [string, unknown] => [key, get(error, key)]);
  return [['type', get(error, 'name')], ['message', messageOf(error)], ['stack', stackOf(error)], ...rest];
}

function get(target: object, key: string): unknown {
  return read((): unknown => Reflect.get(target, key));
}

/** The result of `work`, or a mark when it throws. */
function read<T>(work: () => T): T | string {
  try {
    return work();
  } catch {
    return '[Unreadable]';
  }
}

function cut(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}[cut]`;
}
