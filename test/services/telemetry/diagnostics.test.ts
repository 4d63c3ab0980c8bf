import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

test('a channel that was listened to before is heard again, whenever garbage is collected', () => {
  // GIVEN a process that listens, stops, and listens again while the first channel is collected
  const outfile = join(mkdtempSync(join(tmpdir(), 'telemetry-')), 'main.js');
  const source = `
    import { channel } from 'node:diagnostics_channel';
    import { listen } from './diagnostics';
    const heard: unknown[] = [];
    (async () => {
      listen('test', () => {})();
      await new Promise((resolve) => setTimeout(resolve, 5));
      globalThis.gc?.();
      listen('test', (message) => heard.push(message));
      await new Promise((resolve) => setTimeout(resolve, 20));
      channel('test').publish(1);
      console.log(JSON.stringify(heard));
    })();`;
  const resolveDir = join(__dirname, '../../../services/telemetry');
  buildSync({
    stdin: { contents: source, resolveDir, loader: 'ts' },
    bundle: true,
    platform: 'node',
    outfile,
  });
  // WHEN a message is published, THEN it is heard
  expect(execFileSync(process.execPath, ['--expose-gc', outfile]).toString()).toBe('[1]\n');
});
