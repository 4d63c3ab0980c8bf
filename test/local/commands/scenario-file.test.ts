import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { readScenario } from '../../../local/commands/scenario-file';
import { UserError } from '../../../local/user-error';

const WHOLE = {
  title: 'it breaks',
  app: 'node app.js',
  stack: 'broken',
  send: { file: 'README.md', to: 'url/process', times: 2 },
  expect: { status: 504, cause: 'retries', alert: false },
};

let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'scenarios-'));
  mkdirSync(join(project, 'stacks', 'scenarios'), { recursive: true });
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

function read(content: unknown): ReturnType<typeof readScenario> {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  writeFileSync(join(project, 'stacks', 'scenarios', 'mine.json'), text);
  return readScenario('mine', project);
}

test('a scenario is what its file says', () => {
  expect(read(WHOLE)).toEqual(WHOLE);
  expect(read({ ...WHOLE, refusedApp: 'node app.js --refused' }).refusedApp).toBe('node app.js --refused');
});

test.each([
  ['no JSON', '{', /mine\.json: SyntaxError/],
  ['a missing member', { ...WHOLE, stack: undefined }, /"stack" is undefined; allowed is a string$/],
  [
    'a member of another type',
    { ...WHOLE, send: { ...WHOLE.send, times: '2' } },
    /"send\.times" is "2"; allowed is a number$/,
  ],
  ['nothing to expect', { ...WHOLE, expect: null }, /"expect\.status" is undefined; allowed is a number$/],
  ['a refused app that is no command', { ...WHOLE, refusedApp: true }, /"refusedApp" is true; allowed is/],
])('%s is refused with its place', (_name, content, message) => {
  expect(() => read(content)).toThrow(UserError);
  expect(() => read(content)).toThrow(message);
});

test('an unknown name is answered with the names there are', () => {
  expect(() => readScenario('x', project)).toThrow("there is no scenario 'x'; there are: none");
  read(WHOLE);
  expect(() => readScenario('../mine', project)).toThrow("there is no scenario '../mine'; there are: mine");
});

test('every scenario of this repository can be read, and its app and document are there', () => {
  const root = resolve(__dirname, '../../..');
  const files = readdirSync(join(root, 'stacks', 'scenarios')).filter((file) => file.endsWith('.json'));
  expect(files).toContain('wrong-region.json');
  for (const file of files) {
    const { app, send } = readScenario(basename(file, '.json'), root);
    const [script = ''] = /stacks\/\S+\.ts/.exec(app) ?? [];
    expect(existsSync(join(root, script))).toBe(true);
    expect(existsSync(join(root, send.file))).toBe(true);
  }
});
