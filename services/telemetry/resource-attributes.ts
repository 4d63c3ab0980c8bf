import type { SettingProblem } from './setting-problem';

/** Who sends the spans, as text (OpenTelemetry specification, resource/sdk, "Specifying resource information via an environment variable"). */
export const RESOURCE_ATTRIBUTES = 'OTEL_RESOURCE_ATTRIBUTES';

/** As many members as W3C Baggage, whose format the variable has, must be passed on with (section "Limits"). */
const MAX_ATTRIBUTES = 64;

/** Of a key and of a value: what OpenTelemetry's own SDK takes (EnvDetector), and below the 256 of Cloud Trace. */
const MAX_BYTES = 255;

const ALLOWED =
  "key=value pairs separated by commas, with ',', '=' and '%' in them as %2C, %3D and %25, which";

/** How much of the name of a dropped attribute is told, in characters. */
const MAX_TOLD = 40;

/** What W3C Baggage does not have in a value as it is, and what separates or encodes. */
const NOT_PLAIN = /[^\x21\x23-\x2B\x2D-\x3A\x3C-\x5B\x5D-\x7E]|[=%]/gu;

/** The variable's value. What is undefined is left out; a value that is a CDKTF token stays as it is. */
export function renderResourceAttributes(attributes: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(attributes)
    .filter((pair): pair is [string, string] => pair[1] !== undefined)
    .map(([key, value]) => `${encode(key)}=${value.includes('${') ? value : encode(value)}`)
    .join(',');
}

/**
 * All attributes that the variable names. As the specification says, one that cannot be read discards all of them. Those
 * beyond the bounds are dropped alone.
 */
export function parseResourceAttributes(text = ''): {
  attributes: Record<string, string>;
  problems: SettingProblem[];
} {
  const attributes = new Map<string, string>();
  const dropped: string[] = [];
  for (const member of text.split(',').map((part) => part.trim())) {
    if (member === '') continue;
    const pair = decodePair(member);
    if (!pair)
      return { attributes: {}, problems: [problem(text, `${ALLOWED} '${member}' is not`, 'none of them')] };
    const [key, value] = pair;
    const fits = attributes.has(key) || attributes.size < MAX_ATTRIBUTES;
    if (fits && [key, value].every((part) => Buffer.byteLength(part) <= MAX_BYTES))
      attributes.set(key, value);
    else dropped.push(key.length > MAX_TOLD ? `${key.slice(0, MAX_TOLD)}…` : key);
  }
  const bounds = `${MAX_ATTRIBUTES} attributes with at most ${MAX_BYTES} bytes in a key and in a value`;
  return {
    attributes: Object.fromEntries(attributes),
    problems: dropped.length === 0 ? [] : [problem(text, bounds, `all but ${dropped.join(', ')}`)],
  };
}

function problem(got: string, allowed: string, used: string): SettingProblem {
  return { variable: RESOURCE_ATTRIBUTES, got, allowed, used };
}

/** Undefined for what is no pair. */
function decodePair(member: string): readonly [key: string, value: string] | undefined {
  const [key = '', value, ...others] = member.split('=').map((part) => part.trim());
  if (key === '' || value === undefined || others.length > 0) return undefined;
  try {
    return [decodeURIComponent(key), decodeURIComponent(value)];
  } catch {
    return undefined;
  }
}

function encode(text: string): string {
  return text.toWellFormed().replaceAll(NOT_PLAIN, (character) => encodeURIComponent(character));
}
