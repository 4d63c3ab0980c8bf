import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { Fault } from './fault-rules';

/**
 * Passes content on, and has the fault strike once `afterBytes` of it are through: a latency is waited for, anything else
 * is thrown by `fail`. Content that is shorter gets through.
 */
export async function* strikeContent(
  content: AsyncIterable<Buffer>,
  { latencyMs, status, connection, afterBytes = 0 }: Fault,
  fail: () => Error | Promise<Error>,
): AsyncGenerator<Buffer> {
  let left = afterBytes;
  let struck = false;
  for await (const chunk of content) {
    if (struck || chunk.byteLength < left) {
      left -= chunk.byteLength;
      yield chunk;
      continue;
    }
    if (left > 0) yield chunk.subarray(0, left);
    struck = true;
    if (latencyMs !== undefined) await delay(latencyMs);
    if (status !== undefined || connection !== undefined) throw await fail();
    yield chunk.subarray(left);
  }
}

/** Waits until what was written to a response has left this process, so that a broken connection does not take it along. */
export async function untilSent(response: ServerResponse): Promise<void> {
  await nextTurn();
  while (response.socket?.destroyed === false && response.socket.writableLength > 0) await nextTurn();
}
