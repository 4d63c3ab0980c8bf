import { Construct } from 'constructs';
import * as fc from 'fast-check';
import { accountId, bucketName, latencyMetricName, repositoryId, serviceName } from '../../constructs/names';
import { testStack } from '../helpers/synth';

/** Construct ids are keys of a plain object, so those that every object has are taken. */
const isFree = (text: string): boolean => !(text in {});
const id = fc.stringMatching(/^[a-z]([a-z0-9-]{0,60}[a-z0-9])?$/).filter(isFree);
/** Ids from the stack to a service, and an environment. */
const place = fc.record({
  path: fc.array(id, { minLength: 2, maxLength: 4 }),
  environment: fc.constantFrom('local', 'staging', 'production'),
});
type Place = { readonly path: readonly string[]; readonly environment: string };

const UNIQUE = { minLength: 2, maxLength: 50, selector: (value: unknown) => JSON.stringify(value) };
const places = fc.uniqueArray(place, UNIQUE);

/** The innermost construct of a place, in an app of its own. */
function serviceAt({ path: [stackId = '', ...rest] }: Place): Construct {
  return rest.reduce<Construct>((scope, part) => new Construct(scope, part), testStack(stackId));
}

/** A name as a function of the place. */
function derive(name: (service: Construct, environment: string) => string): (at: Place) => string {
  return (at) => name(serviceAt(at), at.environment);
}

function repositoryOf(stackId: string): string {
  return repositoryId(testStack(stackId));
}

/** Checks that names follow their grammar and are as many as what they name. */
function checkNames<T>(
  values: fc.Arbitrary<readonly T[]>,
  name: (value: T) => string,
  grammar: RegExp,
): void {
  const property = fc.property(values, (all) => {
    const names = all.map(name);
    expect(names.filter((one) => !grammar.test(one))).toEqual([]);
    expect(new Set(names).size).toBe(all.length);
  });
  fc.assert(property, { numRuns: 50 });
}

describe('names derived from where a service is', () => {
  test('account ids fit IAM and never meet', () => {
    expect(() => checkNames(places, derive(accountId), /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/)).not.toThrow();
  });

  test('bucket names fit Cloud Storage and never meet', () => {
    const project = `p${'0'.repeat(29)}`;
    const name = (at: Place): string => bucketName(serviceAt(at), at.environment, 'documents', project);
    expect(() => checkNames(places, name, /^p0{29}-[a-z0-9-]{2,32}$/)).not.toThrow();
  });

  test('metric names fit PromQL and never meet', () => {
    expect(() => checkNames(places, derive(latencyMetricName), /^[a-z][a-z_]{0,99}$/)).not.toThrow();
  });

  test('service names fit Cloud Run and never meet within a stack', () => {
    const inOneStack = fc.uniqueArray(
      place.map((at) => ({ ...at, path: ['shop', ...at.path.slice(1)] })),
      UNIQUE,
    );
    expect(() => checkNames(inOneStack, derive(serviceName), /^[a-z][a-z0-9-]{0,47}[a-z0-9]$/)).not.toThrow();
  });

  test('repository ids fit Artifact Registry and never meet', () => {
    const stackIds = fc.uniqueArray(fc.stringMatching(/^[A-Za-z0-9_.-]{1,90}$/).filter(isFree), UNIQUE);
    expect(() => checkNames(stackIds, repositoryOf, /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/)).not.toThrow();
  });
});
