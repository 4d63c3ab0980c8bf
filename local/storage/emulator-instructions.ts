import type { Fault } from '../faults/fault-rules';
import { notModelled } from './storage-error';

/** How the test bench of Cloud Storage's own clients is told what is to go wrong (github.com/googleapis/storage-testbench). */
const HEADER = 'x-goog-emulator-instructions';

/** As long as the test bench stalls where the instruction does not say. */
const STALL_MS = 10_000;

const KIB = 1024;

/** Its instructions over HTTP, but for those that fail by a resource of the test bench or corrupt what is read. */
const INSTRUCTIONS: readonly (readonly [RegExp, (first: number, second: number) => Fault | undefined])[] = [
  [/^return-([45]\d\d)$/, (status) => ({ status })],
  [/^return-([45]\d\d)-after-(\d+)K$/, (status, kib) => ({ status, afterBytes: kib * KIB })],
  [
    /^return-503-after-256K\/retry-(\d+)$/,
    // A client that counts its attempts gets through with the third.
    (attempt) => (attempt < 3 ? { status: 503, afterBytes: 256 * KIB } : undefined),
  ],
  [/^return-reset-connection$/, () => ({ connection: 'reset' })],
  [/^return-broken-stream$/, () => ({ connection: 'abort', afterBytes: KIB * KIB })],
  [/^return-broken-stream-after-(\d+)K$/, (kib) => ({ connection: 'abort', afterBytes: kib * KIB })],
  [
    /^return-broken-stream-final-chunk-after-(\d+)B$/,
    (bytes) => ({ connection: 'abort', afterBytes: bytes }),
  ],
  [/^stall-always$/, () => ({ latencyMs: STALL_MS })],
  [/^stall-at-256KiB$/, () => ({ latencyMs: STALL_MS, afterBytes: 256 * KIB })],
  [
    /^stall-for-(\d+)s-after-(\d+)K$/,
    (seconds, kib) => ({ latencyMs: seconds * 1000, afterBytes: kib * KIB }),
  ],
];

/** The fault that a client asks for in its headers, if any. Throws 501 for an instruction that is not modelled. */
export function instructedFault(headers: NodeJS.Dict<string | string[]>): Fault | undefined {
  const instruction = headers[HEADER];
  if (instruction === undefined) return undefined;
  for (const [pattern, faultOf] of INSTRUCTIONS) {
    const match = pattern.exec(String(instruction));
    if (match) return faultOf(Number(match[1]), Number(match[2]));
  }
  throw notModelled(`the instruction '${String(instruction)}' in ${HEADER}`);
}
