import { Token } from 'cdktf';
import { numberText } from './number-text';
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
/** The same for less than one CPU: from so many on, the largest first. */
const FRACTIONS = [
  { cpu: 0.5, minMiB: 128, maxMiB: 1024 },
  { cpu: 0.08, minMiB: 128, maxMiB: 512 },
] as const;
const LEAST_CPU = 0.08;
const THOUSANDTHS = 1000;
const MAX_MEMORY_MIB = 32_768;

interface InstanceSize {
  readonly cpu: number;
  readonly memoryMiB: number;
  /** Of the service, as is the concurrency. */
  readonly cpuIdle: boolean;
  readonly concurrency: number;
}

/** Refuses sizes that Cloud Run does not have: TCR004 for a value, TCR019 for what does not go together. Tokens pass. */
export function checkInstanceSize(path: string, instance: InstanceSize, leastMiB: number): void {
  const { cpu, memoryMiB } = instance;
  const isFraction = isLessThanOneCpu(cpu);
  const size = isFraction
    ? FRACTIONS.find((candidate) => cpu >= candidate.cpu)
    : SIZES.find((candidate) => candidate.cpu === cpu);
  if (!Token.isUnresolved(cpu) && (!size || (isFraction && !isInThousandths(cpu)))) {
    const allowed = SIZES.map((candidate) => candidate.cpu).join(', ');
    throw new ValidationError(
      'TCR004',
      path,
      `'cpu' must be one of ${allowed}, or from ${LEAST_CPU} to below 1 in thousandths, got ${cpu}`,
    );
  }
  if (isFraction) checkFraction(path, instance);
  checkNumber(path, 'memoryMiB', memoryMiB, { min: leastMiB, max: MAX_MEMORY_MIB });
  if (!size || Token.isUnresolved(memoryMiB)) return;
  if (memoryMiB >= size.minMiB && memoryMiB <= size.maxMiB) return;
  const fitting = [...(isFraction ? FRACTIONS : []), ...SIZES].filter(
    ({ minMiB, maxMiB }) => memoryMiB >= minMiB && memoryMiB <= maxMiB,
  );
  throw new ValidationError(
    'TCR019',
    path,
    `cpu: ${cpu} goes with a memoryMiB of ${Math.max(size.minMiB, leastMiB)} to ${size.maxMiB}, got ${memoryMiB}, ` +
      `which goes with a cpu of ${fitting.map((candidate) => candidate.cpu).join(', ')}`,
  );
}

/** Whether it is known to be; a token may be anything. */
export function isLessThanOneCpu(cpu: number): boolean {
  return !Token.isUnresolved(cpu) && cpu < 1;
}

/** As Cloud Run writes it: `2`, or `500m` for a half. */
export function cpuText(cpu: number): string {
  return isLessThanOneCpu(cpu) ? `${Math.round(cpu * THOUSANDTHS)}m` : numberText(cpu);
}

/** Cloud Run, "Configure CPU limits for services". That it takes the first generation is checked with the volumes. */
function checkFraction(path: string, { cpu, cpuIdle, concurrency }: InstanceSize): void {
  if (cpuIdle && (Token.isUnresolved(concurrency) || concurrency === 1)) return;
  const got = Token.isUnresolved(concurrency) ? 'a token' : String(concurrency);
  throw new ValidationError(
    'TCR019',
    path,
    `cpu: ${cpu} is less than one, which goes with concurrency: 1 and cpuIdle: true of the service only, ` +
      `got concurrency: ${got} and cpuIdle: ${cpuIdle}; write both, or cpu: 1`,
  );
}

function isInThousandths(cpu: number): boolean {
  // The product of a fraction such as 0.29 is not exactly whole.
  return Math.abs(cpu * THOUSANDTHS - Math.round(cpu * THOUSANDTHS)) < 1e-9;
}
