import { Construct } from 'constructs';
import * as fc from 'fast-check';
import { ServiceCode, TracedCloudRunService } from '../../constructs';
import {
  accountId,
  bucketName,
  grantId,
  invokerId,
  latencyMetricName,
  repositoryId,
  secretVolumeName,
  serviceName,
} from '../../constructs/names';
import { synth, testStack } from '../helpers/synth';

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

  test('volumes of secret files fit Cloud Run and never meet', () => {
    const paths = fc.uniqueArray(fc.stringMatching(/^(\/[\w.-]{1,20}){2,4}$/), UNIQUE);
    expect(() => checkNames(paths, secretVolumeName, /^[a-z][a-z0-9-]{0,61}[a-z0-9]$/)).not.toThrow();
  });

  test.each([
    ['invokers', (service: Construct, subject: string) => invokerId(service, subject)],
    ['secrets', (service: Construct, subject: string) => grantId(service, 'secret', subject)],
  ])('construct ids of the grants of %s never meet', (_, name) => {
    const service = serviceAt({ path: ['shop', 'gateway'], environment: 'staging' });
    const subjects = fc.uniqueArray(fc.string({ minLength: 1 }), UNIQUE);
    expect(() =>
      checkNames(subjects, (subject) => name(service, subject), /^[a-z]+-[a-z]{8}$/),
    ).not.toThrow();
  });

  test.each<[string, (service: Construct) => string, RegExp]>([
    ['services', (at) => serviceName(at, 'production'), /^[a-z][a-z0-9-]{0,47}[a-z0-9]$/],
    ['accounts', (at) => accountId(at, 'production'), /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/],
    ['buckets', (at) => bucketName(at, 'production', 'documents', 'shop'), /^shop-[a-z0-9-]{2,58}$/],
    ['metrics', (at) => latencyMetricName(at, 'production'), /^[a-z][a-z_]{0,99}$/],
  ])('100,000 %s that begin alike have as many names', (_, name, grammar) => {
    const stack = testStack();
    const names = Array.from({ length: 100_000 }, (__, index) =>
      name(new Construct(stack, `${'document-'.repeat(10)}${index}`)),
    );
    expect(names.filter((one) => !grammar.test(one))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });
});

/** What the resources of a service call themselves, and what Google takes: the page of each API says so. */
const FIELDS: readonly (readonly [string, string, RegExp])[] = [
  ['google_cloud_run_v2_service', 'name', /^[a-z][a-z0-9-]{0,47}[a-z0-9]$/],
  ['google_service_account', 'account_id', /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/],
  ['google_service_account', 'display_name', /^.{1,100}$/],
  ['google_storage_bucket', 'name', /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/],
  ['google_logging_metric', 'name', /^[a-z_]{1,100}$/],
  ['google_monitoring_service', 'service_id', /^(?:\$\{[\w.-]+\.name\})-[a-z0-9-]+$/],
];

/** Of a service as the construct takes it, however long; buckets with `goog` in them are refused. */
const serviceId = fc
  .tuple(id, fc.constantFrom('', '-of-documents', '-of-documents'.repeat(10)))
  .map((parts) => parts.join(''))
  .filter((text) => !/goog/.test(text));

test('every name that a stack of services gives itself fits Google, and none is given twice', () => {
  const ids = fc.uniqueArray(serviceId, { minLength: 1, maxLength: 5 });
  const property = fc.property(ids, (all) => {
    const stack = testStack('the-shop');
    const notify = [{ id: 'projects/my-project/notificationChannels/1' }];
    for (const one of all) {
      const service = new TracedCloudRunService(stack, one, { code: ServiceCode.fromImage('api@sha256:0a') });
      service.addBucket('documents');
      service.addLatencyAlert({ p95Ms: 1_000, notify });
      service.addSlo({ availabilityGoal: 0.99, notify });
    }
    const { resources } = synth(stack);
    for (const [type, field, grammar] of FIELDS) {
      const names = Object.entries(resources)
        .filter(([address]) => address.startsWith(`${type}.`))
        .map(([, attributes]) => String(attributes[field]));
      expect(names).toHaveLength(all.length);
      expect(names.filter((name) => !grammar.test(name))).toEqual([]);
      expect(new Set(names).size).toBe(all.length);
    }
  });
  expect(() => fc.assert(property, { numRuns: 20 })).not.toThrow();
});
