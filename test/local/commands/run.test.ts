import { run } from '../../../local/commands/run';

let printed: string;
let failed: string;
beforeEach(() => {
  printed = '';
  failed = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    failed += String(text);
    return true;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
});

it.each([
  [['toString'], /^there is no command 'toString'\n\nusage/],
  [['__proto__'], /^there is no command '__proto__'\n\nusage/],
  [[], /^usage/],
  [['up'], /^up needs --stack/],
  [['up', '--stack', 'x', '--send', 'y'], /^--send FILE and --to OUTPUT\/PATH go together\n$/],
  [['up', '--stack', 'x', '--port', ''], /^--port {2}is no port; 0 takes any free one\n$/],
  [['up', '--stack', 'x', '--port', '1e3'], /^--port 1e3 is no port/],
  [['up', '--stack', 'x', '--port', '65536'], /^--port 65536 is no port/],
  [['down', '--now'], /^Unknown option '--now'/],
  [['down', 'everything'], /^Unexpected argument 'everything'/],
  [['alerts', 'x'], /^Unexpected argument 'x'/],
  [['status', 'x'], /^Unexpected argument 'x'/],
  [['traces', 'a', 'b'], /^traces shows one trace or the list, got a b\n$/],
  [['traces', 'a', '--errors'], /^filters such as --errors are for the list, not for one trace\n$/],
  [['traces', '--limit', '0'], /^--limit is '0', allowed is a whole number from 1\n$/],
  [
    ['traces', '--min-duration-ms', 'long'],
    /^--min-duration-ms is 'long', allowed is a whole number from 1\n$/,
  ],
  [['export'], /^export takes the id of one trace, got none\n$/],
  [['clear', 'all'], /^Unexpected argument 'all'/],
  [['explain'], /^explain takes the id of one trace, got none\n$/],
  [['explain', 'a', 'b'], /^explain takes the id of one trace, got a b\n$/],
  [['logs', '--limit', 'many'], /^--limit is 'many', allowed is a whole number from 1\n$/],
])('%j is refused with exit code 1 and the reason', async (args, reason) => {
  expect(await run(args)).toBe(1);
  expect(failed).toMatch(reason);
  expect(failed).not.toMatch(/^ +at /m);
  expect(printed).toBe('');
});

it('--help tells what there is', async () => {
  expect(await run(['--help'])).toBe(0);
  expect(printed).toMatch(/^usage: npm run local -- COMMAND/);
  expect(failed).toBe('');
});
