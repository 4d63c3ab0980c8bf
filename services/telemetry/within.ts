/** How much longer is waited where the time ran out while the process was not running. */
const AFTER_FREEZE_MS = 1_000;

/**
 * The outcome of `work`, or a rejection with `message` after `timeoutMs`. Where the process was stopped meanwhile (Cloud
 * Run takes the CPU away between requests), an answer that waits in the socket is still read: a timer that fires late is
 * set once more, for a second.
 */
export async function within<T>(timeoutMs: number, work: Promise<T>, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const fail = (): void => reject(new Error(message));
    const due = performance.now() + timeoutMs;
    timer = setTimeout(() => {
      const frozen = performance.now() - due > AFTER_FREEZE_MS / 2;
      if (!frozen) return fail();
      timer = setTimeout(fail, AFTER_FREEZE_MS);
    }, timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
