/** A fault that is injected into the next matching requests. */
export interface FaultRule {
  /** HTTP method; every method without it. */
  readonly method?: string;
  /** Requests about objects whose name starts so; every request without it. */
  readonly objectPrefix?: string;
  /** HTTP status of the answer, 400 to 599. */
  readonly status: number;
  /** How many matching requests get it. */
  readonly times: number;
  /** Sent as `Retry-After`, which Cloud Storage itself leaves out. */
  readonly retryAfterSec?: number;
}

/** Faults in the order they were injected; each is used up after its number of times. */
export class FaultRules {
  readonly #rules: { readonly rule: FaultRule; remaining: number }[] = [];

  add(rule: FaultRule): void {
    this.#rules.push({ rule, remaining: rule.times });
  }

  /** The fault this request gets, counted down; `object` is undefined for requests that are not about one object. */
  take(method: string, object: string | undefined): FaultRule | undefined {
    const entry = this.#rules.find(
      ({ rule, remaining }) =>
        remaining > 0 &&
        (rule.method === undefined || rule.method === method) &&
        (rule.objectPrefix === undefined || object?.startsWith(rule.objectPrefix) === true),
    );
    if (entry) entry.remaining -= 1;
    return entry?.rule;
  }
}
