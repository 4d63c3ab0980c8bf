import { readFileSync } from 'node:fs';
import { UserError } from '../user-error';
import type { FaultRule, FaultRuleSet } from './fault-rules';

interface Field {
  readonly allowed: string;
  readonly accepts: (value: unknown) => boolean;
}

const text: Field = { allowed: 'a text', accepts: (value) => typeof value === 'string' && value !== '' };

function integer(min: number, max = Number.MAX_SAFE_INTEGER): Field {
  const upTo = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
  return {
    allowed: `a whole number ${upTo}`,
    accepts: (value) => Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max,
  };
}

const FIELDS: Readonly<Record<keyof FaultRule, Field>> = {
  service: text,
  bucket: text,
  model: text,
  method: text,
  pathPrefix: text,
  objectPrefix: text,
  // A day: setTimeout takes no more than 24.8 of them.
  latencyMs: integer(1, 86_400_000),
  status: integer(400, 599),
  retryAfterSec: integer(0),
  connection: {
    allowed: '"reset" or "abort"',
    accepts: (value) => value === 'reset' || value === 'abort',
  },
  afterBytes: integer(0),
  nth: integer(1),
  times: integer(1),
  probability: {
    allowed: 'a number from 0 to 1',
    accepts: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  },
};

/** Reads rules from a JSON file: `{ "seed": 1, "rules": [...] }`. Throws UserError with what is wrong and where. */
export function readFaultFile(file: string): FaultRuleSet {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UserError(`the fault rules cannot be read: ${error instanceof Error ? error.message : file}`);
  }
  const refuse = (what: string): never => {
    throw new UserError(`${file}: ${what}`);
  };
  if (!isObject(value) || !Array.isArray(value['rules'])) return refuse('"rules" must be a list of rules');
  const { seed, rules, ...others } = value;
  const [other] = Object.keys(others);
  if (other !== undefined) return refuse(`there is no "${other}"; allowed are seed and rules`);
  if (seed !== undefined && !Number.isSafeInteger(seed)) return refuse('"seed" must be a whole number');
  for (const [index, rule] of rules.entries()) {
    const problem = ruleProblem(rule);
    if (problem !== undefined) return refuse(`rules[${index}]: ${problem}`);
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each member was looked at just now
  return value as unknown as FaultRuleSet;
}

function ruleProblem(rule: unknown): string | undefined {
  if (!isObject(rule)) return 'must be an object';
  for (const [name, value] of Object.entries(rule)) {
    const field = isField(name) ? FIELDS[name] : undefined;
    if (!field) return `there is no "${name}"; allowed are ${Object.keys(FIELDS).join(', ')}`;
    if (!field.accepts(value)) return `"${name}" is ${JSON.stringify(value)}; allowed is ${field.allowed}`;
  }
  const { service, bucket, model, pathPrefix, objectPrefix, latencyMs, status, connection, afterBytes } =
    rule;
  if ([service, bucket, model].filter((target) => target !== undefined).length !== 1) {
    return 'name either a "service", a "bucket" or a "model"; "*" stands for all of them';
  }
  if (service === undefined && pathPrefix !== undefined)
    return '"pathPrefix" is for a service; that of a bucket is "objectPrefix"';
  if (bucket === undefined && objectPrefix !== undefined)
    return '"objectPrefix" is for a bucket; that of a service is "pathPrefix"';
  if (latencyMs === undefined && status === undefined && connection === undefined) {
    return 'say what goes wrong: "latencyMs", "status" or "connection"';
  }
  if (status !== undefined && connection !== undefined) return '"status" and "connection" exclude each other';
  if (bucket === undefined && afterBytes !== undefined && connection !== 'abort') {
    return '"afterBytes" of a service or a model goes with "connection": "abort" only';
  }
  if (connection === 'reset' && afterBytes !== undefined)
    return '"afterBytes" goes with "abort", not with "reset"';
  return undefined;
}

function isField(name: string): name is keyof FaultRule {
  return Object.hasOwn(FIELDS, name);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
