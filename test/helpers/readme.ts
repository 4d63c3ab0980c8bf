import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { POLICY_RULES } from '../../constructs/policy';
import type { PolicyRule } from '../../constructs/policy/policy-rule';
import { VALIDATION_CODES } from '../../constructs/validation';
import { resourceTypes } from '../../local/terraform/resource-types';

const ROOT = join(__dirname, '..', '..');

export const README_FILE = join(ROOT, 'README.md');

/** Examples of the README by the name in their markers, in the order they are shown in. Each is compiled and synthesized. */
export const EXAMPLES = {
  'pipeline example': 'pipeline-example.ts',
  'hello service': 'hello/main.ts',
  'one service example': 'one-service-example.ts',
  'own service example': 'own-service-example.ts',
  'environments example': 'environments-example.ts',
  'ci image example': 'ci-image-example.ts',
  'private example': 'private-example.ts',
  'sidecar example': 'sidecar-example.ts',
  'testing example': 'testing-example.test.ts',
  'express example': 'express-example.ts',
} as const;

/** Sections of the README that are written from the code, by the name in their markers. */
export function generatedSections(): Record<string, string> {
  return {
    ...Object.fromEntries(Object.entries(EXAMPLES).map(([name, file]) => [name, code(file)])),
    'resource types': resourceTypes
      .map(({ type }) => `\`${type}\``)
      .toSorted()
      .join(', '),
    'construct codes': table(['code', 'refused'], Object.entries(VALIDATION_CODES)),
    'policy rules': table(['rule', 'what holds', 'what happens otherwise'], POLICY_RULES.map(policyRow)),
    'service codes': table(['code', 'status'], serviceCodes()),
  };
}

/** `readme` with other text between `<!-- name -->` and `<!-- /name -->`. */
export function replaceSection(readme: string, name: string, content: string): string {
  const begin = `<!-- ${name} -->\n`;
  const end = `<!-- /${name} -->`;
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the README has no section between ${begin.trim()} and ${end}`);
  return `${readme.slice(0, from + begin.length)}\n${content}\n\n${readme.slice(to)}`;
}

/** What a file of examples has between its markers, or from its only marker to its end. */
function code(file: string): string {
  const shown = readRoot(join('test', 'readme', file))
    .split(/^ *\/\/ README\n/m)
    .filter((_, index) => index % 2 === 1);
  return `\`\`\`ts\n${shown.map(outdent).join('\n\n')}\n\`\`\``;
}

function outdent(lines: string): string {
  const [indent = ''] = /^ */.exec(lines) ?? [];
  return lines.replaceAll(new RegExp(`^${indent}`, 'gm'), '').trimEnd();
}

function policyRow({ id, title, why, level, notWhereDisposable }: PolicyRule): string[] {
  const notes = [
    level === 'warning' && 'warns',
    notWhereDisposable && 'not where everything may be destroyed',
  ];
  const note = notes.filter(Boolean).join(', ');
  return [`\`${id}\``, note ? `${title} (${note})` : title, why];
}

/** Code and status of every error class of the pipeline; both are fields, which are read from the source. */
function serviceCodes(): [string, string][] {
  const fields = /readonly code = '(\w+)';\n\s*readonly statusCode = (\d+);/g;
  return [...readRoot('services/errors.ts').matchAll(fields)].map(([, code = '', status = '']) => [
    code,
    status,
  ]);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function readRoot(name: string): string {
  return readFileSync(join(ROOT, name), 'utf8');
}
