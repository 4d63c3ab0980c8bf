import type { Alert } from './alert';

/** How many ended alerts are kept; older ones are dropped. */
const MAX_ENDED = 200;

interface Incident {
  readonly alert: Alert;
  confirmedAtMs: number;
}

/** The alerts that are firing, and the newest of those that have ended. */
export class Incidents {
  readonly #open = new Map<string, Incident>();
  readonly #ended: Alert[] = [];

  /** Opens the incident of that key, or notes that it goes on. Returns the alert if it is new. */
  confirm(key: string, nowMs: number, make: () => Omit<Alert, 'state' | 'since'>): Alert | undefined {
    const open = this.#open.get(key);
    if (open) {
      open.confirmedAtMs = nowMs;
      return undefined;
    }
    const alert: Alert = { ...make(), state: 'firing', since: new Date(nowMs).toISOString() };
    this.#open.set(key, { alert, confirmedAtMs: nowMs });
    return alert;
  }

  /** Ends those that have not been confirmed for as long as `keepMs` says for their policy; 0 ends them at once. */
  endUnconfirmed(nowMs: number, keepMs: (policy: string) => number): void {
    for (const [key, { alert, confirmedAtMs }] of this.#open) {
      if (confirmedAtMs === nowMs || nowMs - confirmedAtMs < keepMs(alert.policy)) continue;
      this.#open.delete(key);
      this.#ended.push({ ...alert, state: 'ended', until: new Date(nowMs).toISOString() });
      if (this.#ended.length > MAX_ENDED) this.#ended.shift();
    }
  }

  /** Whether any alert of the policy is firing. */
  isFiring(policy: string): boolean {
    return [...this.#open.values()].some(({ alert }) => alert.policy === policy);
  }

  /** Newest first. */
  list(): Alert[] {
    const open = [...this.#open.values()].map(({ alert }) => alert);
    return [...this.#ended, ...open].toSorted((a, b) => Date.parse(b.since) - Date.parse(a.since));
  }
}
