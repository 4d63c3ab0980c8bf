import { setTimeout as delay } from 'node:timers/promises';
import { type ProbeResult, runProbe } from './probe';
import type { Probe } from './service-spec';

/** How often a port that nothing listens on yet is tried again within one attempt. */
const CLOSED_PORT_POLL_MS = 25;

/**
 * Waits until the startup probe passes and returns null, or what the last attempt got. One attempt per period; a port
 * that is still closed is tried again within the attempt, so that a fast start does not wait for the next period.
 * Rejects with an AbortError when `signal` aborts.
 */
export async function awaitStartup(probe: Probe, port: number, signal: AbortSignal): Promise<string | null> {
  await delay(probe.initialDelaySec * 1000, undefined, { signal });
  let reason = '';
  for (let attempt = 1; attempt <= probe.failureThreshold; attempt++) {
    const endsAt = performance.now() + probe.periodSec * 1000;
    let result = await runProbe(probe, port);
    while (!result.passed && result.refused && performance.now() < endsAt) {
      await delay(CLOSED_PORT_POLL_MS, undefined, { signal });
      result = await runProbe(probe, port);
    }
    if (result.passed) return null;
    ({ reason } = result);
    if (attempt < probe.failureThreshold) {
      await delay(Math.max(0, endsAt - performance.now()), undefined, { signal });
    }
  }
  return reason;
}

/**
 * Probes by `runOnce` until `failureThreshold` attempts in a row have failed and returns what the last one got. Rejects with an
 * AbortError when `signal` aborts.
 */
export async function awaitLivenessFailure(
  probe: Probe,
  runOnce: () => Promise<ProbeResult>,
  signal: AbortSignal,
): Promise<string> {
  await delay(probe.initialDelaySec * 1000, undefined, { signal });
  for (let failures = 0; ;) {
    const result = await runOnce();
    failures = result.passed ? 0 : failures + 1;
    if (!result.passed && failures >= probe.failureThreshold) return result.reason;
    await delay(probe.periodSec * 1000, undefined, { signal });
  }
}
