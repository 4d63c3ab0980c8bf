import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { README_FILE, replaceSection } from '../helpers/readme';
import { buildApps } from './apps';
import { judge } from './budgets';
import type { Collectors } from './collectors';
import { FULL, measure, QUICK } from './measure';
import { installPeers } from './peers';
import { formatForReadme, formatReport, summarizeAll, type Report } from './report';
import { benchSynth } from './synth';
import { PEER_NAMES, VARIANT_NAMES, variantsOf } from './variants';

/**
 * What tracing costs, measured: `npm run bench [-- --quick] [--json] [--readme] [--variants a,b]`. Prints the figures and
 * whether the budgets are met, into the README as well where that is asked for; progress goes to stderr, and exits 1 when a
 * budget is missed. Needs Linux, whose `/proc` tells memory and CPU time. Everything it starts listens on 127.0.0.1 and ends
 * with it. `npm run bench -- --synth [--quick]` measures synthesis instead.
 */
async function bench(): Promise<void> {
  const {
    quick,
    json,
    readme,
    synth,
    variants: chosen,
  } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      readme: { type: 'boolean', default: false },
      synth: { type: 'boolean', default: false },
      variants: { type: 'string', default: VARIANT_NAMES.join(',') },
    },
  }).values;
  if (synth) {
    process.stdout.write(benchSynth(quick, progress));
    return;
  }
  const names = new Set(chosen.split(','));
  const unknown = [...names].filter((name) => !VARIANT_NAMES.some((known) => known === name));
  if (unknown.length > 0) {
    throw new Error(`--variants has ${unknown.join(', ')}; known are ${VARIANT_NAMES.join(', ')}`);
  }
  const isWhole = !quick && names.size === VARIANT_NAMES.length;
  if (readme && !isWhole) throw new Error('--readme shows a whole run, without --quick and --variants');
  if (process.platform !== 'linux') throw new Error('the bench reads /proc, which only Linux has');

  const peers = PEER_NAMES.some((name) => names.has(name)) ? installPeers(progress) : undefined;
  progress('building the applications');
  const apps = buildApps();
  const collectors = fork(join(__dirname, 'collectors.ts'), { execArgv: ['--import', 'tsx'] });
  try {
    const [addresses]: Collectors[] = await once(collectors, 'message');
    if (!addresses) throw new Error('the collectors did not start');
    const variants = variantsOf(apps, addresses, peers).filter(({ name }) => names.has(name));
    const measured = await measure(variants, quick ? QUICK : FULL, addresses.http, progress);
    const report: Report = {
      machine: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}`,
      node: process.versions.node,
      date: new Date().toISOString().slice(0, 10),
      quick,
      variants: summarizeAll(variants, measured),
      budgets: judge(measured),
    };
    process.stdout.write(json ? `${JSON.stringify(report, undefined, 2)}\n` : formatReport(report));
    if (readme) {
      const text = replaceSection(readFileSync(README_FILE, 'utf8'), 'bench', formatForReadme(report));
      writeFileSync(README_FILE, text);
    }
    if (!quick && report.budgets.some(({ met }) => !met)) process.exitCode = 1;
  } finally {
    collectors.disconnect();
  }
}

bench().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});

function progress(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}
