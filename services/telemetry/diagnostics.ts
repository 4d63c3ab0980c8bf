import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { reportProblem } from './telemetry-problems';

const kept = new Set<string>();

/**
 * Listens to a diagnostics channel, whose documentation is the type of the listener's message. What the listener throws
 * is reported, because Node would end the process with it.
 *
 * @returns a function that stops listening.
 */
export function listen(channel: string, listener: (message: never) => void): () => void {
  keep(channel);
  const subscriber = (message: unknown): void => {
    try {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
      listener(message as never);
    } catch (error) {
      reportProblem(error);
    }
  };
  subscribe(channel, subscriber);
  return () => {
    unsubscribe(channel, subscriber);
  };
}

/**
 * Node collects a channel without subscribers as garbage and only later, by its name, takes it off the list: by then it
 * may be a new channel of that name, whose subscribers would never be called. One subscriber that stays prevents that.
 */
function keep(channel: string): void {
  if (kept.has(channel)) return;
  kept.add(channel);
  subscribe(channel, () => {});
}
