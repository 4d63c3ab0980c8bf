import type { ErrorBody, TraceSummaryJson } from '../control/control-api';

/** The local cloud's answer. Throws with the cloud's own words. */
export async function get<Answer>(path: string, signal: AbortSignal): Promise<Answer> {
  return answerOf<Answer>(await fetch(path, { signal }));
}

/** As `get`; undefined where there is nothing of that name (404). */
export async function find<Answer>(path: string, signal: AbortSignal): Promise<Answer | undefined> {
  const response = await fetch(path, { signal });
  return response.status === 404 ? undefined : answerOf<Answer>(response);
}

/** Throws with the cloud's own words. */
export async function remove(path: string, signal: AbortSignal): Promise<void> {
  await answerOf<unknown>(await fetch(path, { method: 'DELETE', signal }));
}

/** Calls `onTrace` for every trace that changes and matches the query, until `signal` aborts; the browser connects again by itself. */
export function followTraces(
  query: string,
  signal: AbortSignal,
  listeners: { onTrace(summary: TraceSummaryJson): void; onConnected?(connected: boolean): void },
): void {
  if (signal.aborted) return;
  const source = new EventSource(`/traces/stream?${query}`);
  source.addEventListener('message', ({ data }: MessageEvent<string>) => {
    const summary: TraceSummaryJson = JSON.parse(data);
    listeners.onTrace(summary);
  });
  source.addEventListener('open', () => listeners.onConnected?.(true));
  source.addEventListener('error', () => listeners.onConnected?.(false));
  signal.addEventListener('abort', () => source.close());
}

async function answerOf<Answer>(response: Response): Promise<Answer> {
  const text = await response.text();
  if (!response.ok) {
    const refusal: ErrorBody = JSON.parse(text);
    throw new Error(refusal.error.message);
  }
  const answer: Answer = JSON.parse(text);
  return answer;
}
