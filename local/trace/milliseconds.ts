/** Nanoseconds as milliseconds with one decimal: `1,085.2`. What is too short for that but not nothing is `<0.1`. */
export function formatMs(nanos: bigint): string {
  const tenths = (nanos + 50_000n) / 100_000n;
  if (tenths === 0n && nanos > 0n) return '<0.1';
  return `${thousands(tenths / 10n)}.${tenths % 10n}`;
}

/** Nanoseconds for a headline: one decimal below 10 ms, none above: `7.4 ms`, `1,085 ms`. */
export function formatDuration(nanos: bigint): string {
  return nanos < 10_000_000n ? `${formatMs(nanos)} ms` : `${thousands((nanos + 500_000n) / 1_000_000n)} ms`;
}

function thousands(whole: bigint): string {
  return whole.toString().replace(/\B(?=(\d{3})+$)/g, ',');
}
