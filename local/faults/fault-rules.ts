import { createHash } from 'node:crypto';

/** What goes wrong with a request. */
export interface Fault {
  /** How long the request waits, before it is handled or after `afterBytes`. */
  readonly latencyMs?: number;
  /** HTTP status of the answer, 400 to 599, which is given instead of handling the request. */
  readonly status?: number;
  /** Sent with `status` as `Retry-After`, which Google itself leaves out. */
  readonly retryAfterSec?: number;
  /** `reset` ends the connection before the request is handled, `abort` in the middle of its content. */
  readonly connection?: 'reset' | 'abort';
  /**
   * How much of the content gets through before: the object's, in either direction, or the body of a service's or a
   * model's answer.
   *
   * @default 0
   */
  readonly afterBytes?: number;
}

/** A fault and the requests it is injected into: those of a service, a bucket or a model, `*` for all of the kind. */
export interface FaultRule extends Fault {
  readonly service?: string;
  readonly bucket?: string;
  readonly model?: string;
  /** HTTP method; every method without it. */
  readonly method?: string;
  /** Requests to a service whose path starts so. */
  readonly pathPrefix?: string;
  /** Requests about objects whose name starts so. */
  readonly objectPrefix?: string;
  /** Of the matching requests the one with this number, from 1; every one without it. */
  readonly nth?: number;
  /** Share of the matching requests, 0 to 1; all of them without it. */
  readonly probability?: number;
  /** How many requests get the fault at most. */
  readonly times?: number;
}

export interface FaultRuleSet {
  /**
   * What `probability` is drawn from: the same seed chooses the same requests.
   *
   * @default 1
   */
  readonly seed?: number;
  readonly rules: readonly FaultRule[];
}

/** A request as rules see it. */
export type FaultCandidate =
  | { readonly method: string; readonly service: string; readonly path: string }
  | { readonly method: string; readonly model: string }
  /** Undefined: the request is not about one bucket or object. */
  | { readonly method: string; readonly bucket: string | undefined; readonly object: string | undefined };

interface Entry {
  readonly rule: FaultRule;
  readonly index: number;
  matched: number;
  injected: number;
}

/** The rules of a cloud. They are asked in their order, and the first one that applies decides. */
export class FaultRules {
  readonly #seed: number;
  readonly #entries: Entry[] = [];

  constructor({ seed = 1, rules }: FaultRuleSet = { rules: [] }) {
    this.#seed = seed;
    for (const rule of rules) this.add(rule);
  }

  add(rule: FaultRule): void {
    this.#entries.push({ rule, index: this.#entries.length, matched: 0, injected: 0 });
  }

  /** The fault this request gets, which counts as injected. */
  take(candidate: FaultCandidate): Fault | undefined {
    for (const entry of this.#entries) {
      if (!concerns(entry.rule, candidate)) continue;
      entry.matched += 1;
      if (!this.#applies(entry)) continue;
      entry.injected += 1;
      return entry.rule;
    }
    return undefined;
  }

  #applies({ rule, index, matched, injected }: Entry): boolean {
    if (injected >= (rule.times ?? Number.POSITIVE_INFINITY)) return false;
    if (rule.nth !== undefined && rule.nth !== matched) return false;
    if (rule.probability === undefined) return true;
    // By the request's number and not by a generator's state: other rules do not change what this one draws.
    const digest = createHash('sha256').update(`${this.#seed} ${index} ${matched}`).digest();
    return digest.readUInt32BE() / 2 ** 32 < rule.probability;
  }
}

function concerns(rule: FaultRule, candidate: FaultCandidate): boolean {
  if (rule.method !== undefined && rule.method !== candidate.method) return false;
  if ('service' in candidate) {
    return names(rule.service, candidate.service) && candidate.path.startsWith(rule.pathPrefix ?? '');
  }
  if ('model' in candidate) return names(rule.model, candidate.model);
  if (rule.objectPrefix !== undefined && candidate.object?.startsWith(rule.objectPrefix) !== true)
    return false;
  return names(rule.bucket, candidate.bucket);
}

function names(pattern: string | undefined, name: string | undefined): boolean {
  return pattern === '*' || (pattern !== undefined && pattern === name);
}

/** In words, such as `latency 800 ms` or `status 503 after 262144 bytes`. */
export function describeFault({ latencyMs, status, connection, afterBytes }: Fault): string {
  const what = [
    ...(latencyMs === undefined ? [] : [`latency ${latencyMs} ms`]),
    ...(status === undefined ? [] : [`status ${status}`]),
    ...(connection === undefined ? [] : [connection]),
  ].join(' and ');
  return afterBytes === undefined ? what : `${what} after ${afterBytes} bytes`;
}
