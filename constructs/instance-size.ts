import { Token } from 'cdktf';
import { checkNumber, ValidationError } from './validation';

/**
 * Cloud Run's instances with whole CPUs and the memory each may have, in MiB (Cloud Run, "Configure CPU limits" and
 * "Configure memory limits").
 */
const SIZES = [
  { cpu: 1, minMiB: 128, maxMiB: 4096 },
  { cpu: 2, minMiB: 128, maxMiB: 8192 },
  { cpu: 4, minMiB: 2048, maxMiB: 16_384 },
  { cpu: 6, minMiB: 4096, maxMiB: 24_576 },
  { cpu: 8, minMiB: 4096, maxMiB: 32_768 },
] as const;
const MAX_MEMORY_MIB = 32_768;

/** Refuses sizes that Cloud Run does not have: TCR004 for a value, TCR019 for a pair. Tokens pass. */
export function checkInstanceSize(path: string, cpu: number, memoryMiB: number, leastMiB: number): void {
  const size = SIZES.find((candidate) => candidate.cpu === cpu);
  if (!Token.isUnresolved(cpu) && !size) {
    const allowed = SIZES.map((candidate) => candidate.cpu).join(', ');
    throw new ValidationError('TCR004', path, `'cpu' must be one of ${allowed}, got ${cpu}`);
  }
  checkNumber(path, 'memoryMiB', memoryMiB, { min: leastMiB, max: MAX_MEMORY_MIB });
  if (!size || Token.isUnresolved(memoryMiB)) return;
  if (memoryMiB >= size.minMiB && memoryMiB <= size.maxMiB) return;
  const fitting = SIZES.filter(({ minMiB, maxMiB }) => memoryMiB >= minMiB && memoryMiB <= maxMiB);
  throw new ValidationError(
    'TCR019',
    path,
    `cpu: ${cpu} goes with a memoryMiB of ${Math.max(size.minMiB, leastMiB)} to ${size.maxMiB}, got ${memoryMiB}, ` +
      `which goes with a cpu of ${fitting.map((candidate) => candidate.cpu).join(', ')}`,
  );
}
