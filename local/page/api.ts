import type { ErrorBody } from '../control/control-api';
import type { SummaryJson } from './summary';

/** The answer of the local cloud, or undefined where it has none (404). Throws with the cloud's own words. */
export async function get<Answer>(path: string, signal: AbortSignal): Promise<Answer | undefined> {
  return call<Answer>('GET', path, signal);
}

/** Whether the local cloud did it; false where it cannot. */
export async function remove(path: string, signal: AbortSignal): Promise<boolean> {
  return (await call<unknown>('DELETE', path, signal)) !== undefined;
}

/** Calls `onTrace` for every trace that changes and matches the query, until `signal` aborts; the browser connects again by itself. */
export function followTraces(
  query: string,
  signal: AbortSignal,
  listeners: { onTrace(summary: SummaryJson): void; onConnected?(connected: boolean): void },
): void {
  if (signal.aborted) return;
  const source = new EventSource(`/traces/stream?${query}`);
  source.addEventListener('message', ({ data }: MessageEvent<string>) => {
    const summary: SummaryJson = JSON.parse(data);
    listeners.onTrace(summary);
  });
  source.addEventListener('open', () => listeners.onConnected?.(true));
  source.addEventListener('error', () => listeners.onConnected?.(false));
  signal.addEventListener('abort', () => source.close());
}

async function call<Answer>(
  method: 'GET' | 'DELETE',
  path: string,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  const response = await fetch(path, { method, signal });
  if (response.status === 404 || response.status === 405) return undefined;
  const text = await response.text();
  if (!response.ok) {
    const refusal: ErrorBody = JSON.parse(text);
    throw new Error(refusal.error.message);
  }
  const answer: Answer = JSON.parse(text);
  return answer;
}
