import { RESOURCE_TYPE, resourceLabels } from '../logging/log-fields';
import type { LogMetrics } from '../logging/log-metrics';
import type { LogEntry } from '../logging/log-store';
import { type Alert, type ConditionStatus, documentationOf, type PolicyStatus } from './alert';
import {
  type Breach,
  type CompiledCondition,
  compileCondition,
  type ConditionSources,
  type SeriesCondition,
} from './alert-condition';
import { durationMs } from './duration';
import { Incidents } from './incidents';
import { MetricRecorder } from './metric-recorder';
import type { Monitoring } from './monitoring';
import type { AlertCondition, AlertPolicy } from './resources';
import { labelsKey, SLOT_MS, TimeSeries } from './time-series';

/**
 * How often the policies are looked at, whatever their own interval: 30 s or more, which nobody waits for at a desk.
 * How long a condition must be met is not shortened.
 */
export const EVALUATION_INTERVAL_MS = 5_000;

/** Of `AlertStrategy.autoClose` (cloud.google.com/monitoring/alerts/incidents-events). */
const DEFAULT_AUTO_CLOSE_MS = 7 * 24 * 3_600_000;

export interface AlertEvaluatorOptions {
  readonly monitoring: Monitoring;
  readonly logMetrics: LogMetrics;
  /** Spans that have arrived since the start. */
  readonly spansReceived: () => number;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  readonly onFired: (alert: Alert) => void;
}

interface Firing {
  readonly condition: AlertCondition;
  readonly compiled: SeriesCondition;
  readonly breach: Breach;
}

/** Looks at the deployed alert policies on the metrics and logs of the local cloud, as Monitoring does. */
export class AlertEvaluator {
  readonly #options: AlertEvaluatorOptions;
  readonly #series = new TimeSeries();
  readonly #recorder: MetricRecorder;
  readonly #sources: ConditionSources;
  readonly #incidents = new Incidents();
  /** Conditions are replaced by an update of their policy, and forgotten with it. */
  readonly #compiled = new WeakMap<AlertCondition, CompiledCondition>();
  /** condition -> labels -> since when it is met, in milliseconds */
  readonly #met = new WeakMap<CompiledCondition, Map<string, number>>();
  #evaluatedAtMs = 0;

  constructor(options: AlertEvaluatorOptions) {
    this.#options = options;
    const { logMetrics, monitoring, spansReceived } = options;
    this.#recorder = new MetricRecorder({ series: this.#series, logMetrics, monitoring });
    this.#sources = { series: this.#series, recorder: this.#recorder, monitoring, spansReceived };
  }

  /** Counts a log entry, and fires at once where a policy waits for one like it. */
  record(entry: LogEntry): void {
    const nowMs = this.#options.now();
    this.#recorder.record(entry, nowMs);
    for (const policy of this.#enabledPolicies()) {
      for (const condition of policy.conditions) {
        const compiled = this.#compile(condition);
        if (compiled.kind === 'log' && compiled.matches(entry))
          this.#fireOnLog(policy, condition, entry, nowMs);
      }
    }
  }

  /** Looks at every policy once. To be called every EVALUATION_INTERVAL_MS. */
  evaluate(): void {
    const nowMs = this.#options.now();
    this.#evaluatedAtMs = nowMs;
    const autoCloseMs = new Map<string, number>();
    let windowMs = 0;
    for (const policy of this.#enabledPolicies()) {
      const compiled = policy.conditions.map((condition) => this.#compile(condition));
      if (compiled.some(({ kind }) => kind === 'log')) autoCloseMs.set(policy.name, autoCloseOf(policy));
      for (const each of compiled) if (each.kind === 'series') windowMs = Math.max(windowMs, each.windowMs);
      this.#evaluatePolicy(policy, nowMs);
    }
    this.#incidents.endUnconfirmed(nowMs, (policy) => autoCloseMs.get(policy) ?? 0);
    this.#series.prune(nowMs, windowMs + SLOT_MS);
  }

  /** Newest first. */
  alerts(): Alert[] {
    return this.#incidents.list();
  }

  /** In the order in which they were deployed. */
  policies(): PolicyStatus[] {
    return this.#options.monitoring.alertPolicies().map((policy) => ({
      policy: policy.name,
      title: policy.displayName,
      enabled: policy.enabled !== false,
      firing: this.#incidents.isFiring(policy.name),
      conditions: policy.conditions.map((condition) => this.#statusOf(policy, condition)),
    }));
  }

  #evaluatePolicy(policy: AlertPolicy, nowMs: number): void {
    const firing = policy.conditions.map((condition) => this.#firing(condition, nowMs));
    if (policy.combiner === 'OR' || policy.conditions.length === 1) {
      for (const each of firing.flat())
        this.#fire(policy, `${each.condition.name} ${labelsKey(each.breach.labels)}`, [each], nowMs);
      return;
    }
    const isSame = (a: Firing, b: Firing): boolean =>
      policy.combiner !== 'AND_WITH_MATCHING_RESOURCE' ||
      labelsKey(a.breach.labels) === labelsKey(b.breach.labels);
    const [first = [], ...others] = firing;
    for (const each of first) {
      const together = others.map((of) => of.find((other) => isSame(each, other)));
      const all = [each, ...together.filter((found) => found !== undefined)];
      if (all.length < firing.length) continue;
      const about = policy.combiner === 'AND' ? '' : ` ${labelsKey(each.breach.labels)}`;
      this.#fire(policy, `${policy.name}${about}`, all, nowMs);
    }
  }

  /** What a condition is met for, and has been for as long as it asks. */
  #firing(condition: AlertCondition, nowMs: number): Firing[] {
    const compiled = this.#compile(condition);
    if (compiled.kind !== 'series') return [];
    const before = this.#met.get(compiled);
    const met = new Map<string, number>();
    this.#met.set(compiled, met);
    return compiled.breaches(nowMs).flatMap((breach) => {
      const key = labelsKey(breach.labels);
      const sinceMs = before?.get(key) ?? nowMs;
      met.set(key, sinceMs);
      return nowMs - sinceMs >= compiled.durationMs ? [{ condition, compiled, breach }] : [];
    });
  }

  #fire(policy: AlertPolicy, key: string, firing: readonly Firing[], nowMs: number): void {
    const [first] = firing;
    if (!first) return;
    const { breach, compiled, condition } = first;
    const fired = this.#incidents.confirm(key, nowMs, () => ({
      policy: policy.name,
      title: policy.displayName,
      condition: firing.map((each) => each.condition.displayName).join(' and '),
      ...(breach.service !== undefined && { service: breach.service }),
      value: breach.value,
      threshold: compiled.threshold,
      unit: compiled.unit,
      ...(breach.traceId !== undefined && { traceId: breach.traceId }),
      documentation: documentationOf(policy, condition, breach.labels),
    }));
    if (fired) this.#options.onFired(fired);
  }

  #fireOnLog(policy: AlertPolicy, condition: AlertCondition, entry: LogEntry, nowMs: number): void {
    const labels = { monitored_resource: RESOURCE_TYPE, ...resourceLabels(entry) };
    const fired = this.#incidents.confirm(`${condition.name} ${labelsKey(labels)}`, nowMs, () => ({
      policy: policy.name,
      title: policy.displayName,
      condition: condition.displayName,
      service: entry.service,
      value: 1,
      threshold: 0,
      unit: 'log entry',
      ...(entry.traceId !== undefined && { traceId: entry.traceId }),
      documentation: documentationOf(policy, condition, labels),
    }));
    if (fired) this.#options.onFired(fired);
  }

  #statusOf(policy: AlertPolicy, condition: AlertCondition): ConditionStatus {
    const title = condition.displayName;
    const compiled = this.#compile(condition);
    if (compiled.kind === 'not evaluated') return { title, state: 'not evaluated', why: compiled.why };
    if (compiled.kind === 'log')
      return { title, state: this.#incidents.isFiring(policy.name) ? 'met' : 'ok' };
    const problem = compiled.problem();
    if (problem !== undefined) return { title, state: 'not evaluated', why: problem };
    const since = [...(this.#met.get(compiled)?.values() ?? [])];
    if (since.length === 0 || policy.enabled === false) return { title, state: 'ok' };
    const metAtMs = Math.min(...since) + compiled.durationMs;
    if (metAtMs <= this.#evaluatedAtMs) return { title, state: 'met' };
    return { title, state: 'pending', metAt: new Date(metAtMs).toISOString() };
  }

  #compile(condition: AlertCondition): CompiledCondition {
    const compiled = this.#compiled.get(condition) ?? compileCondition(condition, this.#sources);
    this.#compiled.set(condition, compiled);
    return compiled;
  }

  #enabledPolicies(): AlertPolicy[] {
    return this.#options.monitoring.alertPolicies().filter(({ enabled }) => enabled !== false);
  }
}

function autoCloseOf({ alertStrategy }: AlertPolicy): number {
  return alertStrategy?.autoClose === undefined ? DEFAULT_AUTO_CLOSE_MS : durationMs(alertStrategy.autoClose);
}
