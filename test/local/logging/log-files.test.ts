import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogFiles } from '../../../local/logging/log-files';

let directory: string;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'log-files-')), 'logs');
});
afterEach(() => rmSync(join(directory, '..'), { recursive: true, force: true }));

function content(name: string): string {
  return readFileSync(join(directory, name), 'utf8');
}

describe('LogFiles', () => {
  test('appends the lines of every service to a file of its own, across restarts', () => {
    for (const line of ['one', 'two']) {
      const files = new LogFiles(directory);
      files.append('gateway', line);
      files.append('storage', `${line}!`);
      files.dispose();
    }
    expect(content('gateway.log')).toBe('one\ntwo\n');
    expect(content('storage.log')).toBe('one!\ntwo!\n');
  });

  test('keeps one full file beside the current one and never more', () => {
    const files = new LogFiles(directory, 10);
    for (const line of ['aaaaa', 'bbbbb', 'ccccc', 'ddddd', 'eeeee']) files.append('gateway', line);
    files.dispose();
    expect(readdirSync(directory).toSorted()).toEqual(['gateway.log', 'gateway.log.1']);
    expect(content('gateway.log.1')).toBe('ccccc\nddddd\n');
    expect(content('gateway.log')).toBe('eeeee\n');
  });
});
