import { randomHex } from '../../../services/telemetry/random-hex';

describe('random digits', () => {
  test('each of the 64 bits is set in half of them, and no two are alike', () => {
    const total = 20_000;
    const texts = Array.from({ length: total }, randomHex);
    expect(texts.filter((text) => !/^[0-9a-f]{16}$/.test(text))).toEqual([]);
    expect(new Set(texts).size).toBe(total);
    const numbers = texts.map((text) => BigInt(`0x${text}`));
    for (let bit = 0n; bit < 64n; bit += 1n) {
      const share = numbers.filter((number) => (number >> bit) & 1n).length / total;
      // Six standard deviations: one run in eight million fails by chance.
      expect(Math.abs(share - 0.5)).toBeLessThan(6 * Math.sqrt(0.25 / total));
    }
  });

  test('they are never all 0, which no id may be', () => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    expect(randomHex()).toBe('0000000100000000');
    jest.spyOn(Math, 'random').mockReturnValue(1 - Number.EPSILON / 2);
    expect(randomHex()).toBe('ffffffffffffffff');
    jest.restoreAllMocks();
  });
});
