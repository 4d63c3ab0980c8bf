import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';

interface Run {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

async function bench(...args: string[]): Promise<Run> {
  const program = resolve(__dirname, 'main.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...args]);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code, stdout, stderr };
}

/** The smallest pass that measures everything; the figures themselves are nothing to assert. */
describe('npm run bench', () => {
  it('measures every metric of each variant, and does not judge what was quick', async () => {
    const { code, stdout, stderr } = await bench('--quick', '--json', '--variants', 'untraced,traced-10');

    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('requests: round 1 of 1') });
    const { quick, variants, budgets } = JSON.parse(stdout);
    expect(quick).toBe(true);
    expect(Object.keys(variants)).toEqual(['untraced', 'traced-10']);
    for (const { what, ...metrics } of Object.values<Record<string, unknown>>(variants)) {
      expect(what).toEqual(expect.any(String));
      expect(Object.keys(metrics)).toHaveLength(9);
      for (const summary of Object.values(metrics)) {
        expect(summary).toEqual({
          median: expect.any(Number),
          p25: expect.any(Number),
          p75: expect.any(Number),
          count: expect.any(Number),
        });
      }
    }
    expect(budgets.map(({ other }: { other: string }) => other)).toEqual(Array(4).fill('untraced'));
  }, 120_000);

  it('measures synthesis on its own', async () => {
    const { code, stdout } = await bench('--synth', '--quick');

    expect(code).toBe(0);
    expect(stdout.split('\n').filter((line) => /^\| \d/.test(line))).toEqual([
      expect.stringMatching(/^\| 1 \| \d+ \| [\d.]+ \|$/),
      expect.stringMatching(/^\| 2 \| \d+ \| [\d.]+ \|$/),
    ]);
    expect(stdout).toMatch(/cdktf synth of the pipeline: [\d.]+ s\n$/);
  }, 120_000);

  it('says which variants there are', async () => {
    const { code, stderr } = await bench('--variants', 'untraced,nothing');

    expect(code).toBe(1);
    expect(stderr).toMatch(/--variants has nothing; known are untraced-unbundled, .*, dd-trace\n/);
  });
});
