import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DeploymentEnvironment } from '../../../constructs';
import { POLICY_RULES } from '../../../constructs/policy';
import type { PolicyRule } from '../../../constructs/policy/policy-rule';
import { rulesIn, verdictOnConfiguration } from '../../helpers/policy';

const RULES: readonly PolicyRule[] = POLICY_RULES;
const directory = join(__dirname, '..', '..', '..', 'constructs', 'policy', 'rules');

test('each rule is in a file of its name, and each file is a rule', () => {
  const files = readdirSync(directory).filter((file) => file !== 'index.ts');
  expect(RULES.map(({ id }) => `${id}.ts`).toSorted()).toEqual(files.toSorted());
});

describe.each(RULES.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  test('lets its passing example through', () => {
    expect(rulesIn(verdictOnConfiguration(rule.pass))).not.toContain(id);
  });

  test(`reports its failing example as ${rule.level === 'error' ? 'an error' : 'a warning'}`, () => {
    const { errors, warnings } = verdictOnConfiguration(rule.fail);
    const [found, other] = rule.level === 'error' ? [errors, warnings] : [warnings, errors];
    expect(found.filter((line) => line.startsWith(`[shop] ${id}: google_`))).toHaveLength(1);
    expect(other.filter((line) => line.includes(` ${id}: `))).toEqual([]);
  });

  test(`${rule.notWhereDisposable ? 'does not count' : 'counts as well'} where everything may be destroyed`, () => {
    const environment = DeploymentEnvironment.staging();
    const found = rulesIn(verdictOnConfiguration(rule.fail, { environment })).includes(id);
    expect(found).toBe(!rule.notWhereDisposable);
  });

  test('says what holds, what happens otherwise, and who else says so', () => {
    expect(rule.title).toMatch(/^[a-z][^]{15,}[^.]$/);
    expect(rule.why).toMatch(/^[^]{20,}[^.]$/);
    expect(`${rule.title} ${rule.why}`).not.toContain('|');
    expect(rule.sources).not.toEqual([]);
  });
});
