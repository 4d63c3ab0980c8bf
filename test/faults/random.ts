/** The seed of this run; `SEED=... npm run test:faults` repeats one. Every assertion on random work shows it. */
export const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);

/** Whole numbers from 0 to below `limit`, the same for the same seed (Mulberry32, public domain). */
export function randomNumbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}
