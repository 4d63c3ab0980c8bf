import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFaultFile } from '../../../local/faults/fault-file';
import { type FaultRule, FaultRules } from '../../../local/faults/fault-rules';

const REQUEST = { method: 'POST', service: 'processor', path: '/process' };

function statuses(rules: FaultRules, count: number): (number | undefined)[] {
  return Array.from({ length: count }, () => rules.take(REQUEST)?.status);
}

function drawn(seed: number): (number | undefined)[] {
  const rules = [{ service: 'processor', status: 500, probability: 0.3 }];
  return statuses(new FaultRules({ seed, rules }), 1000);
}

describe('a rule', () => {
  it('with a number strikes the request of that number alone', () => {
    const rules = new FaultRules({ rules: [{ service: 'processor', status: 503, nth: 2 }] });
    expect(statuses(rules, 4)).toEqual([undefined, 503, undefined, undefined]);
  });

  it('with a number of times strikes that often and then leaves it to the next', () => {
    const rules = new FaultRules({
      rules: [
        { service: '*', status: 503, times: 2 },
        { service: 'processor', status: 429 },
      ],
    });
    expect(statuses(rules, 4)).toEqual([503, 503, 429, 429]);
  });

  it('with a probability strikes that share of the requests, the same ones for the same seed', () => {
    const struck = drawn(1).filter((status) => status !== undefined);
    expect(struck.length).toBeGreaterThan(250);
    expect(struck.length).toBeLessThan(350);
    expect(drawn(1)).toEqual(drawn(1));
    expect(drawn(2)).not.toEqual(drawn(1));
  });

  it.each<[string, FaultRule]>([
    ['of another service', { service: 'gateway', status: 503 }],
    ['of a bucket', { bucket: '*', status: 503 }],
    ['of a model', { model: '*', status: 503 }],
    ['of another method', { service: 'processor', method: 'GET', status: 503 }],
    ['of another path', { service: 'processor', pathPrefix: '/other', status: 503 }],
  ])('%s does not strike', (_what, rule) => {
    expect(new FaultRules({ rules: [rule] }).take(REQUEST)).toBeUndefined();
  });
});

it.each<[string, FaultRule, number | undefined]>([
  ['of its name strikes', { model: 'gemini-2.5-pro', status: 429 }, 429],
  ['of every model strikes', { model: '*', status: 429 }, 429],
  ['of another one does not', { model: 'gemini-2.5-flash', status: 429 }, undefined],
  ['of every service does not', { service: '*', status: 429 }, undefined],
  ['of every bucket does not', { bucket: '*', status: 429 }, undefined],
])('a call of a model: a rule %s', (_what, rule, status) => {
  const call = { method: 'POST', model: 'gemini-2.5-pro' };
  expect(new FaultRules({ rules: [rule] }).take(call)?.status).toBe(status);
});

describe('a file of rules', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'faults-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  function read(content: string): unknown {
    const file = join(directory, 'faults.json');
    writeFileSync(file, content);
    return readFaultFile(file);
  }

  it('is taken as it stands', () => {
    const set = {
      seed: 7,
      rules: [{ bucket: '*', objectPrefix: 'documents/', latencyMs: 800, probability: 0.5 }],
    };
    expect(read(JSON.stringify(set))).toEqual(set);
  });

  it.each([
    ['{', /cannot be read/],
    ['[]', /"rules" must be a list/],
    ['{"rules":[],"sed":1}', /there is no "sed"; allowed are seed and rules/],
    ['{"rules":[{"service":"a","state":503}]}', /rules\[0\]: there is no "state"; allowed are service, /],
    [
      '{"rules":[{"service":"a","status":200}]}',
      /"status" is 200; allowed is a whole number from 400 to 599/,
    ],
    ['{"rules":[{"service":"a","nth":0,"status":500}]}', /"nth" is 0; allowed is a whole number from 1$/],
    ['{"rules":[{"service":"a","probability":2,"status":500}]}', /"probability" is 2; .* from 0 to 1/],
    [
      '{"rules":[{"service":"a","connection":"drop"}]}',
      /"connection" is "drop"; allowed is "reset" or "abort"/,
    ],
    ['{"rules":[{"status":503}]}', /name either a "service", a "bucket" or a "model"/],
    ['{"rules":[{"service":"a","bucket":"b","status":503}]}', /name either a "service", a "bucket"/],
    ['{"rules":[{"bucket":"a","model":"b","status":503}]}', /name either a "service", a "bucket"/],
    ['{"rules":[{"service":"a"}]}', /say what goes wrong/],
    ['{"rules":[{"bucket":"b","pathPrefix":"/","status":503}]}', /"pathPrefix" is for a service/],
    ['{"rules":[{"service":"a","objectPrefix":"x","status":503}]}', /"objectPrefix" is for a bucket/],
    ['{"rules":[{"service":"a","status":503,"connection":"reset"}]}', /exclude each other/],
    ['{"rules":[{"service":"a","status":503,"afterBytes":1}]}', /"afterBytes" of a service/],
    ['{"rules":[{"model":"a","status":503,"afterBytes":1}]}', /"afterBytes" of a service or a model/],
    ['{"rules":[{"model":"a","pathPrefix":"/","status":503}]}', /"pathPrefix" is for a service/],
    ['{"rules":[{"bucket":"b","connection":"reset","afterBytes":1}]}', /not with "reset"/],
  ])('that cannot be carried out is refused: %s', (content, message) => {
    expect(() => read(content)).toThrow(message);
  });
});
