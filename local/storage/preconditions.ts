import { invalid, StorageError } from './storage-error';

/** Conditions of a request on the generation and metageneration of the object it is about. */
export type Preconditions = Readonly<Partial<Record<(typeof NAMES)[number], number>>>;

const NAMES = [
  'ifGenerationMatch',
  'ifGenerationNotMatch',
  'ifMetagenerationMatch',
  'ifMetagenerationNotMatch',
] as const;

/** Reads the preconditions of a query string; throws a 400 for a value that is not a whole number. */
export function parsePreconditions(query: URLSearchParams): Preconditions {
  const preconditions: Partial<Record<(typeof NAMES)[number], number>> = {};
  for (const name of NAMES) {
    const value = query.get(name);
    if (value === null) continue;
    if (!/^\d{1,19}$/.test(value)) throw invalid(`Invalid value for ${name}: "${value}"`);
    preconditions[name] = Number(value);
  }
  return preconditions;
}

/**
 * Throws 412, or 304 for a read whose `NotMatch` condition fails. An object that does not exist has generation 0, so
 * that `ifGenerationMatch: 0` means "only if there is none"; it has no metageneration that could match.
 */
export function checkPreconditions(
  preconditions: Preconditions,
  object: { readonly generation: number; readonly metageneration: number } | undefined,
  kind: 'read' | 'write',
): void {
  const { ifGenerationMatch, ifGenerationNotMatch, ifMetagenerationMatch, ifMetagenerationNotMatch } =
    preconditions;
  const generation = object?.generation ?? 0;
  if (ifGenerationMatch !== undefined && ifGenerationMatch !== generation) throw notMet('If-Match');
  if (ifMetagenerationMatch !== undefined && ifMetagenerationMatch !== object?.metageneration) {
    throw notMet('If-Match');
  }
  const unchanged =
    (ifGenerationNotMatch !== undefined && ifGenerationNotMatch === generation) ||
    (ifMetagenerationNotMatch !== undefined && ifMetagenerationNotMatch === object?.metageneration);
  if (unchanged) throw kind === 'read' ? new StorageError(304, 'notModified', '') : notMet('If-None-Match');
}

function notMet(header: string): StorageError {
  return new StorageError(
    412,
    'conditionNotMet',
    'At least one of the pre-conditions you specified did not hold.',
    { locationType: 'header', location: header },
  );
}
