import { invalid, notModelled } from './storage-error';

const TEXT_FIELDS = [
  'cacheControl',
  'contentDisposition',
  'contentEncoding',
  'contentLanguage',
  'contentType',
  'customTime',
  'storageClass',
] as const;

type TextField = (typeof TEXT_FIELDS)[number];

/** Fields that a caller may set and that would change what the object does, with their names in Google's words. */
const NOT_MODELLED: Readonly<Record<string, string>> = {
  acl: 'access control lists',
  contexts: 'object contexts',
  eventBasedHold: 'object holds',
  kmsKeyName: 'customer-managed encryption keys',
  retention: 'object retention',
  temporaryHold: 'object holds',
};

/** What a caller chooses of an object besides its name and content. */
export type ObjectFields = Readonly<Partial<Record<TextField, string>>> & {
  /** User-provided pairs. */
  readonly metadata?: Readonly<Record<string, string>>;
};

/** Fields to set; those that are null are removed. */
export type ObjectFieldChanges = Readonly<Partial<Record<TextField, string | null>>> & {
  readonly metadata?: Readonly<Record<string, string | null>> | null;
};

/**
 * Reads the settable fields out of a JSON object resource. Like Google, it ignores what only the server sets. Throws
 * 400 for a value of a wrong type and 501 for a field that is not modelled.
 */
export function parseObjectFields(resource: Readonly<Record<string, unknown>>): ObjectFieldChanges {
  for (const [field, feature] of Object.entries(NOT_MODELLED)) {
    if (resource[field] !== undefined && resource[field] !== null && resource[field] !== false) {
      throw notModelled(feature);
    }
  }
  const changes: Partial<Record<TextField, string | null>> = {};
  for (const field of TEXT_FIELDS) {
    const value = resource[field];
    if (value === undefined) continue;
    if (value !== null && typeof value !== 'string') throw invalid(`Invalid value for field ${field}`);
    changes[field] = value;
  }
  const metadata = resource['metadata'];
  return metadata === undefined ? changes : { ...changes, metadata: parseMetadata(metadata) };
}

/** `fields` with `changes` made; metadata is merged pair by pair, as the JSON API's `patch` does. */
export function applyChanges(fields: ObjectFields, changes: ObjectFieldChanges): ObjectFields {
  const texts: Partial<Record<TextField, string>> = {};
  for (const field of TEXT_FIELDS) {
    const value = changes[field] === undefined ? fields[field] : changes[field];
    if (value !== undefined && value !== null) texts[field] = value;
  }
  const metadata = mergeMetadata(fields.metadata, changes.metadata);
  return metadata === undefined ? texts : { ...texts, metadata };
}

function mergeMetadata(
  metadata: ObjectFields['metadata'],
  changes: ObjectFieldChanges['metadata'],
): ObjectFields['metadata'] {
  if (changes === undefined) return metadata;
  if (changes === null) return undefined;
  const merged: Record<string, string> = { ...metadata };
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) delete merged[key];
    else merged[key] = value;
  }
  return merged;
}

function parseMetadata(value: unknown): Readonly<Record<string, string | null>> | null {
  if (value === null) return null;
  if (typeof value !== 'object' || Array.isArray(value)) throw invalid('Invalid value for field metadata');
  return Object.fromEntries(
    Object.entries(value).map(([key, text]) => {
      // Google's own parser takes a number or a boolean for a string here, and the official client sends them.
      if (text !== null && typeof text === 'object') throw invalid(`Invalid value for metadata.${key}`);
      return [key, text === null ? null : String(text)];
    }),
  );
}
