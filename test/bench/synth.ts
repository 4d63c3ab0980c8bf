import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { summarize } from './statistics';

const ROOT = resolve(__dirname, '../..');
const FULL = { services: [1, 10, 100, 200], rounds: 3 };
/** Enough to see that it works. */
const QUICK = { services: [1, 2], rounds: 1 };
const CDKTF = createRequire(__filename).resolve('cdktf-cli/bundle/bin/cdktf');

/**
 * What synthesis costs: CPU time of stacks of more and more services, each in a process of its own that has loaded its
 * code already, and the time from `cdktf synth` of the pipeline to its end, bundles made before. Returns the text to print.
 */
export function benchSynth(quick: boolean, progress: (text: string) => void): string {
  const { services, rounds } = quick ? QUICK : FULL;
  const outDir = mkdtempSync(join(tmpdir(), 'synth-'));
  try {
    cdktfSynth(outDir);
    const cpuMs = services.map(() => [] as number[]);
    const wallMs: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      progress(`synth: round ${round} of ${rounds}`);
      services.forEach((count, index) => cpuMs[index]?.push(stackCpuMs(count)));
      wallMs.push(cdktfSynth(outDir));
    }
    const rows = services.map((count, index) => {
      const { median } = summarize(cpuMs[index] ?? []);
      return `| ${count} | ${median.toFixed(0)} | ${(median / count).toFixed(1)} |\n`;
    });
    return (
      '| services in one stack | CPU ms | per service |\n|---|---|---|\n' +
      `${rows.join('')}\ncdktf synth of the pipeline: ${(summarize(wallMs).median / 1000).toFixed(1)} s\n`
    );
  } finally {
    rmSync(outDir, { recursive: true });
  }
}

function stackCpuMs(count: number): number {
  const args = ['--import', 'tsx', join(__dirname, 'synth-stack.ts'), String(count)];
  return Number(execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' }));
}

function cdktfSynth(outDir: string): number {
  const start = performance.now();
  const env = { ...process.env, CI: 'true', CHECKPOINT_DISABLE: '1' };
  execFileSync(process.execPath, [CDKTF, 'synth', '--output', outDir], { cwd: ROOT, env, stdio: 'pipe' });
  return performance.now() - start;
}
