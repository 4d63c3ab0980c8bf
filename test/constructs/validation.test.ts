import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { TerraformStack, TerraformVariable } from 'cdktf';
import {
  Access,
  Sampling,
  ServiceCode,
  TracedCloudRunService,
  type TracedCloudRunServiceProps,
  ValidationError,
} from '../../constructs';
import { VALIDATION_CODES } from '../../constructs/validation';
import { testApp, testStack } from '../helpers/synth';

const code = ServiceCode.fromImage('image');

function service(props: Partial<TracedCloudRunServiceProps> = {}, id = 'gateway'): TracedCloudRunService {
  return new TracedCloudRunService(testStack('document-pipeline-local'), id, { code, ...props });
}

/** Path of the service in every message. */
const AT = 'at document-pipeline-local/gateway';
const GRAMMAR = "lower-case letters, digits and '-', first a letter and last no '-'";

describe('a service is refused', () => {
  test.each(['Gateway', '2nd', 'my_service', 'dash-'])('with the construct id %j', (id) => {
    expect(() => service({}, id)).toThrow(
      `TCR001 at document-pipeline-local/${id}: the construct id names the service in every trace and must be ` +
        `${GRAMMAR}, got '${id}'`,
    );
  });

  test('with the construct id of an API that its stack enables', () => {
    const message =
      "TCR001 at shop/api-run: the stack has 'api-run' once for all its services, so nothing else directly in it can " +
      "have this construct id; write another one, such as 'my-api-run'";
    expect(() => new TracedCloudRunService(testStack(), 'api-run', { code })).toThrow(message);

    const stack = testStack();
    new TracedCloudRunService(stack, 'gateway', { code });
    expect(() => new TracedCloudRunService(stack, 'api-run', { code })).toThrow(message);
    const attributes = { name: 'billing', uri: 'https://billing.example.com' };
    expect(() => TracedCloudRunService.fromServiceAttributes(stack, 'api-run', attributes)).toThrow(message);
  });

  test.each(['Edge', 'a'.repeat(50)])('with the name %j', (name) => {
    expect(() => service({ name })).toThrow(
      `TCR002 ${AT}: 'name' must be at most 49 ${GRAMMAR}, got '${name}'`,
    );
  });

  test.each([
    [5, 'got 5; for 5 % write Sampling.ratio(0.05)'],
    [-0.1, 'got -0.1'],
    [Number.NaN, 'got NaN'],
    [1000, 'got 1000'],
  ])('with the sampling ratio %p', (ratio, got) => {
    const message = `TCR003 ${AT}: 'samplingRatio' must be within 0..1, ${got}`;
    expect(() => service({ sampling: Sampling.ratio(ratio) })).toThrow(ValidationError);
    expect(() => service({ sampling: Sampling.ratio(ratio) })).toThrow(new RegExp(`^${escape(message)}$`));
  });

  test('with a sampling ratio or a deadline that is not known at synth', () => {
    const stack = testStack();
    const token = new TerraformVariable(stack, 'number', { type: 'number' }).numberValue;
    const callee = new TracedCloudRunService(stack, 'callee', { code });
    const caller = new TracedCloudRunService(stack, 'caller', { code });
    expect(() => new TracedCloudRunService(stack, 'a', { code, sampling: Sampling.ratio(token) })).toThrow(
      "TCR003 at shop/a: 'samplingRatio' must be within 0..1, got a token; it must be known at synth",
    );
    expect(() => caller.calls(callee, { deadlineMs: token })).toThrow(
      "TCR004 at shop/caller: 'deadlineMs' must be a whole number within 1..3600000 that is known at synth, got a token",
    );
  });

  test.each<[Partial<TracedCloudRunServiceProps>, string]>([
    [{ cpu: 3 }, "'cpu' must be one of 1, 2, 4, 6, 8, or from 0.08 to below 1 in thousandths, got 3"],
    [{ memoryMiB: 256 }, "'memoryMiB' must be a whole number within 512..32768, got 256"],
    [{ cpu: 0.079 }, "'cpu' must be one of 1, 2, 4, 6, 8, or from 0.08 to below 1 in thousandths, got 0.079"],
    [
      { cpu: 0.0805 },
      "'cpu' must be one of 1, 2, 4, 6, 8, or from 0.08 to below 1 in thousandths, got 0.0805",
    ],
    [{ memoryMiB: 64, cpuIdle: true }, "'memoryMiB' must be a whole number within 128..32768, got 64"],
    [{ concurrency: 0 }, "'concurrency' must be a whole number within 1..1000, got 0"],
    [{ concurrency: 1.5 }, "'concurrency' must be a whole number within 1..1000, got 1.5"],
    [{ timeoutSec: 3601 }, "'timeoutSec' must be a whole number within 1..3600, got 3601"],
    [
      { sampling: Sampling.ratio(0.1, { keepSlowerThanMs: 0 }) },
      "'keepSlowerThanMs' must be a whole number within 1..3600000, got 0",
    ],
    [{ minInstances: -1 }, "'minInstances' must be a whole number within 0..1000, got -1"],
    [{ port: 0 }, "'port' must be a whole number within 1..65535, got 0"],
    [{ maxInstances: 0 }, "'maxInstances' must be a whole number within 1..1000, got 0"],
  ])('with %j', (props, message) => {
    expect(() => service(props)).toThrow(`TCR004 ${AT}: ${message}`);
  });

  test.each<[Partial<TracedCloudRunServiceProps>, string]>([
    [
      { cpu: 0.5 },
      'cpu: 0.5 is less than one, which goes with concurrency: 1 and cpuIdle: true of the service only, got ' +
        'concurrency: 80 and cpuIdle: false; write both, or cpu: 1',
    ],
    [{ cpu: 0.5, concurrency: 1 }, 'cpu: 0.5 is less than one'],
    [{ cpu: 0.5, cpuIdle: true }, 'cpu: 0.5 is less than one'],
    [
      { cpu: 0.499, concurrency: 1, cpuIdle: true, memoryMiB: 513 },
      'cpu: 0.499 goes with a memoryMiB of 128 to 512, got 513, which goes with a cpu of 0.5, 1, 2',
    ],
    [
      { cpu: 0.999, concurrency: 1, cpuIdle: true, memoryMiB: 1025 },
      'cpu: 0.999 goes with a memoryMiB of 128 to 1024, got 1025, which goes with a cpu of 1, 2',
    ],
    [{ cpu: 8 }, 'cpu: 8 goes with a memoryMiB of 4096 to 32768, got 512, which goes with a cpu of 1, 2'],
    [{ cpu: 4 }, 'cpu: 4 goes with a memoryMiB of 2048 to 16384, got 512, which goes with a cpu of 1, 2'],
    [
      { memoryMiB: 4097 },
      'cpu: 1 goes with a memoryMiB of 512 to 4096, got 4097, which goes with a cpu of 2, 4, 6, 8',
    ],
    [
      { memoryMiB: 32_768, cpu: 6 },
      'cpu: 6 goes with a memoryMiB of 4096 to 24576, got 32768, which goes with a cpu of 8',
    ],
    [
      { memoryMiB: 8192, cpuIdle: true },
      'cpu: 1 goes with a memoryMiB of 128 to 4096, got 8192, which goes with a cpu of 2, 4, 6, 8',
    ],
  ])('with a CPU and a memory that Cloud Run does not pair: %j', (props, message) => {
    expect(() => service(props)).toThrow(`TCR019 ${AT}: ${message}`);
  });

  test.each([
    ['Team', 'search'],
    ['1team', 'search'],
    ['team', 'Search'],
    ['run.googleapis.com/x', ''],
    ['', ''],
    ['team', 'a'.repeat(64)],
  ])('with the label %j = %j', (key, value) => {
    expect(() => service({ labels: { [key]: value } })).toThrow(
      `TCR028 ${AT}: a label must be lower-case letters, digits, '_' and '-', at most 63, and its key starts with a ` +
        `letter, got '${key}' = '${value}'`,
    );
  });

  test('with more labels than Cloud Run takes', () => {
    const labels = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`label-${index}`, '']));
    expect(() => service({ labels })).toThrow(`TCR028 ${AT}: 'labels' may have 64 entries, got 65`);
  });

  test('with more instances at least than at most', () => {
    expect(() => service({ minInstances: 5, maxInstances: 2 })).toThrow(
      `TCR005 ${AT}: 'minInstances' must not be above 'maxInstances', got 5 and 2`,
    );
  });

  test.each([
    ['PORT', 'which is reserved by Cloud Run; take it out'],
    ['K_SERVICE', 'which is reserved by Cloud Run; take it out'],
    ['CLOUD_RUN_TIMEOUT_SECONDS', 'which is reserved by Cloud Run; take it out'],
    ['X_GOOGLE_THING', 'which is reserved by Cloud Run; take it out'],
    ['OTEL_TRACES_SAMPLER', 'which the construct writes; use its options instead'],
    ['TRACED_TRUST_CALLER', 'which the construct writes; use its options instead'],
    ['2ND', 'which is no variable name; use letters, digits and _, first no digit'],
    ['', 'which is no variable name; use letters, digits and _, first no digit'],
  ])('with the variable %j', (name, reason) => {
    expect(() => service({ env: { [name]: 'x' } })).toThrow(`TCR006 ${AT}: 'env' sets ${name}, ${reason}`);
  });

  test('with a variable that a call writes as well', () => {
    const stack = testStack();
    const callee = new TracedCloudRunService(stack, 'storage', { code });
    const caller = new TracedCloudRunService(stack, 'gateway', { code, env: { STORAGE_URL: 'http://x' } });
    expect(() => caller.calls(callee, { deadlineMs: 1000 })).toThrow(
      'TCR007 at shop/gateway: the environment variable STORAGE_URL is written twice; env, secrets, calls() and ' +
        'buckets need different names',
    );
  });

  test('in a stack without a project or a region', () => {
    const write =
      "before the services, write in the stack: new GoogleProvider(this, 'google', { project: 'my-project', region: 'europe-west1' })";
    const empty = new TerraformStack(testApp(), 'shop');
    expect(() => new TracedCloudRunService(empty, 'gateway', { code })).toThrow(
      `TCR008 at shop/gateway: no project to deploy to; ${write}`,
    );
    const noRegion = new TerraformStack(testApp(), 'shop');
    new GoogleProvider(noRegion, 'google', { project: 'my-project' });
    expect(() => new TracedCloudRunService(noRegion, 'gateway', { code })).toThrow(
      `TCR008 at shop/gateway: no region to deploy to; ${write}`,
    );
    expect(
      () => new TracedCloudRunService(noRegion, 'with-region', { code, region: 'us-east1' }),
    ).not.toThrow();
  });

  test.each(['', '  ', 'x'.repeat(481)])('with the reason %j for public access', (reason) => {
    expect(() => service({ access: Access.public({ reason }) })).toThrow(
      `TCR014 ${AT}: public access needs a reason of 1 to 480 characters, got ${reason.length}; ` +
        "write Access.public({ reason: 'why anybody may call it' })",
    );
  });

  test.each(['allUsers', 'allAuthenticatedUsers'])('a grant to %s', (member) => {
    expect(() => service().grantInvoke(member)).toThrow(
      `TCR017 ${AT}: '${member}' would open the service to everybody; ` +
        "write access: Access.public({ reason: '...' }) instead",
    );
  });

  test.each([
    ['ci@my-project.iam.gserviceaccount.com', "'serviceAccount:ci@my-project.iam.gserviceaccount.com'"],
    ['jane@example.com', "'user:jane@example.com', 'group:jane@example.com'"],
    ['serviceaccount:ci@example.com', "'user:jane@example.com', 'group:jane@example.com'"],
    ['user:', "'user:jane@example.com', 'group:jane@example.com'"],
    ['', "'user:jane@example.com', 'group:jane@example.com'"],
  ])('a grant to %j, which is no IAM member', (member, examples) => {
    const message =
      `TCR034 ${AT}: an IAM member says what it is, as in ${examples}, or is a domain:, a principal:// or a ` +
      `principalSet://, got '${member}'`;
    expect(() => service().grantInvoke(member)).toThrow(message);
    expect(() => service({ access: Access.authenticated([member]) })).toThrow(message);
  });

  test.each(['Europe-West1', 'europe-west1-b', 'EU', ''])('with the region %j', (region) => {
    const message = `'region' must be a Google Cloud region, such as 'europe-west1', got '${region}'`;
    expect(() => service({ region })).toThrow(`TCR033 ${AT}: ${message}`);
    const billing = { name: 'billing', uri: 'https://billing.example.com', region };
    expect(() => TracedCloudRunService.fromServiceAttributes(testStack(), 'billing', billing)).toThrow(
      `TCR033 at shop/billing: ${message}`,
    );
  });

  test('with the name of another one of its stack in the same region', () => {
    const stack = testStack();
    new TracedCloudRunService(stack, 'gateway', { code, name: 'edge' });
    expect(() => new TracedCloudRunService(stack, 'other', { code, name: 'edge' })).toThrow(
      "TCR035 at shop/other: shop/gateway is called 'edge' in europe-west1 already; write another 'name' here or there, " +
        'or leave it out',
    );
    const elsewhere = { code, name: 'edge', region: 'us-east1' };
    expect(() => new TracedCloudRunService(stack, 'elsewhere', elsewhere)).not.toThrow();
  });
});

describe('the limits themselves are taken', () => {
  test.each<Partial<TracedCloudRunServiceProps>>([
    { name: `a${'b'.repeat(47)}c` },
    { sampling: Sampling.ratio(0) },
    { sampling: Sampling.ratio(1) },
    { cpu: 0.08, concurrency: 1, cpuIdle: true, memoryMiB: 128 },
    { cpu: 0.29, concurrency: 1, cpuIdle: true, memoryMiB: 512 },
    { cpu: 0.5, concurrency: 1, cpuIdle: true, memoryMiB: 1024 },
    { cpu: 8, memoryMiB: 4096 },
    { cpu: 8, memoryMiB: 32_768 },
    { cpu: 6, memoryMiB: 4096 },
    { cpu: 4, memoryMiB: 2048 },
    { cpu: 2, memoryMiB: 8192 },
    { memoryMiB: 4096 },
    { memoryMiB: 512 },
    { memoryMiB: 128, cpuIdle: true },
    { concurrency: 1 },
    { concurrency: 1000 },
    { timeoutSec: 1 },
    { timeoutSec: 3600 },
    { minInstances: 0 },
    { minInstances: 10, maxInstances: 10 },
    { env: { PORTAL: '', KEY: '' } },
    { port: 65_535 },
    { region: 'northamerica-northeast1' },
    { region: 'europe-west12' },
    { region: 'u-france-east1' },
    { access: Access.authenticated(['serviceAccount:p.svc.id.goog[ns/ksa]', 'domain:example.com']) },
    { access: Access.authenticated(['principal://iam.googleapis.com/projects/1/subject/a']) },
    { access: Access.authenticated(['principalSet://iam.googleapis.com/projects/1/group/a']) },
    { labels: { ['a'.repeat(63)]: 'b'.repeat(63), größe_1: '' } },
    { access: Access.public({ reason: 'x' }) },
  ])('%j', (props) => {
    expect(() => service(props)).not.toThrow();
  });
});

test('what is known at deployment only is taken', () => {
  const stack = testStack();
  const { stringValue } = new TerraformVariable(stack, 'given', {});
  const props = { code, name: stringValue, access: Access.authenticated([stringValue]) };
  const attributes = { name: stringValue, uri: stringValue, region: stringValue };
  expect(() => {
    for (const id of ['one', 'other']) new TracedCloudRunService(stack, id, props);
    TracedCloudRunService.fromServiceAttributes(stack, 'billing', attributes);
  }).not.toThrow();
});

/** A code, the path of a construct, and the first word of what follows or of a table of messages. */
const MESSAGE = /(TCR\d{3}) [^:\n]+: ['"]?[\w$]/g;

test('every code is tested with its message', () => {
  const tests = readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(__dirname, file), 'utf8'));
  const tested = tests.flatMap((text) => [...text.matchAll(MESSAGE)].map(([, code]) => code));
  expect(Object.keys(VALIDATION_CODES).filter((code) => !tested.includes(code))).toEqual([]);
});

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
