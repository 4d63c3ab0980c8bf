import { EventEmitter } from 'node:events';
import { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf, stackOf, withoutUrlSecrets } from './error-text';
import { causeChain, isError } from './failure';

/** Limits that keep a log line far below Cloud Logging's 256 KB per entry. */
const MAX_STRING_LENGTH = 16_384;
const MAX_DEPTH = 6;
const MAX_ENTRIES = 100;
const MAX_VALUES = 1_000;

/** What JSON can say. */
type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * A copy of any value that JSON can say and that nothing in it can stop from being written: throwing getters and proxies
 * become a mark, cycles and great depth are cut, BigInt and NaN become text, errors keep their chain of causes.
 * Undefined stays undefined.
 */
export function toJsonSafe(value: unknown): Json | undefined {
  return new Copier().copy(value, []);
}

/** The stack of an error and of what caused it, as one text. */
export function stackTrace(error: Error): string {
  return cut(causeChain(error).map(stackOf).join('\nCaused by: '));
}

class Copier {
  #values = 0;

  copy(value: unknown, ancestors: readonly unknown[]): Json | undefined {
    if (++this.#values > MAX_VALUES) return '[Cut]';
    if (value === undefined || value === null || typeof value === 'boolean') return value;
    if (typeof value === 'string') return cut(value);
    if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
    if (typeof value === 'bigint' || typeof value === 'symbol') return cut(value.toString());
    if (typeof value !== 'object') return '[Function]';
    if (ancestors.includes(value)) return '[Circular]';
    if (ancestors.length >= MAX_DEPTH) return '[Object]';
    return read(() => this.#copyObject(value, [...ancestors, value]));
  }

  #copyObject(value: object, path: readonly unknown[]): Json | undefined {
    if (isError(value)) return this.#copyEntries(errorEntries(value), path);
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
    if (Array.isArray(value)) return this.#copyItems(value, path);
    if (value instanceof Set) return this.#copyItems([...value], path);
    if (value instanceof Map) return this.#copyEntries([...value.entries()], path);
    if ('toJSON' in value && typeof value.toJSON === 'function') return this.copy(value.toJSON(), path);
    // Fastify's request and reply wrap Node's, which know about sockets, headers and bodies: none of a log's business.
    const raw = 'raw' in value ? value.raw : value;
    if (raw instanceof IncomingMessage)
      return { method: raw.method ?? '', url: raw.url?.split('?', 1)[0] ?? '' };
    if (raw instanceof ServerResponse) return { statusCode: raw.statusCode };
    if (value instanceof EventEmitter) return `[${value.constructor.name}]`;
    return this.#copyEntries(
      Object.keys(value).map((key) => [key, get(value, key)]),
      path,
    );
  }

  #copyItems(items: readonly unknown[], path: readonly unknown[]): Json {
    return items.slice(0, MAX_ENTRIES).map((item) => this.copy(item, path) ?? null);
  }

  #copyEntries(entries: readonly (readonly [unknown, unknown])[], path: readonly unknown[]): Json {
    const result: [string, Json][] = [];
    for (const [key, value] of entries.slice(0, MAX_ENTRIES)) {
      const safe = this.copy(value, path);
      if (safe !== undefined) result.push([String(key), safe]);
    }
    return Object.fromEntries(result);
  }
}

function errorEntries(error: Error): [string, unknown][] {
  const own = Object.keys(error).filter((key) => !['name', 'message', 'stack', 'cause'].includes(key));
  const rest = [...own, 'cause'].map((key): [string, unknown] => [key, withoutSecrets(get(error, key))]);
  return [['type', get(error, 'name')], ['message', messageOf(error)], ['stack', stackOf(error)], ...rest];
}

function get(target: object, key: string): unknown {
  return read((): unknown => Reflect.get(target, key));
}

function withoutSecrets(value: unknown): unknown {
  return typeof value === 'string' ? withoutUrlSecrets(value) : value;
}

/** The result of `work`, or a mark when it throws. */
function read<T>(work: () => T): T | string {
  try {
    return work();
  } catch {
    return '[Unreadable]';
  }
}

function cut(text: string): string {
  return text.length <= MAX_STRING_LENGTH ? text : `${text.slice(0, MAX_STRING_LENGTH)}[cut]`;
}
