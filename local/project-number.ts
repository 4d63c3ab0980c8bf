import { createHash } from 'node:crypto';

/** The number of a local project: 12 digits, always the same for the same id. */
export function projectNumber(projectId: string): number {
  const digest = createHash('sha256').update(projectId).digest();
  return 100_000_000_000 + (digest.readUIntBE(0, 6) % 900_000_000_000);
}
