import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const DIRECTORY = join(__dirname, 'peers');

/** A package that traces an application when it is required before. */
interface Peer {
  readonly version: string;
  readonly register: string;
}

export interface Peers {
  readonly autoInstrumentations: Peer;
  readonly ddTrace: Peer;
}

/** Installs the packages of `peers/package-lock.json`, unless they are there. */
export function installPeers(progress: (text: string) => void): Peers {
  if (!existsSync(join(DIRECTORY, 'node_modules', '.package-lock.json'))) {
    progress('installing the peers');
    const { status, stderr } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: DIRECTORY,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`npm ci failed in ${DIRECTORY}: ${stderr}`);
  }
  const require = createRequire(join(DIRECTORY, 'package.json'));
  const peer = (name: string, entry: string): Peer => {
    const { version }: { version: string } = require(join(DIRECTORY, 'node_modules', name, 'package.json'));
    return { version, register: require.resolve(`${name}/${entry}`) };
  };
  return {
    autoInstrumentations: peer('@opentelemetry/auto-instrumentations-node', 'register'),
    ddTrace: peer('dd-trace', 'init'),
  };
}
