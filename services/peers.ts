import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './package-root';

/** A package is needed that is installed beside this one, by whoever needs it. */
class MissingPeerError extends Error {
  override readonly name = 'MissingPeerError';
}

/**
 * Throws with the command that installs them unless all these optional peers of this package are installed.
 *
 * @param what needs them.
 */
export function checkPeers(what: string, names: readonly string[]): void {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const manifest: { readonly peerDependencies: Readonly<Record<string, string>> } = JSON.parse(
    readFileSync(join(packageRoot(__dirname), 'package.json'), 'utf8'),
  );
  const wanted = missing.map((name) => `${name}@${manifest.peerDependencies[name]}`);
  throw new MissingPeerError(
    `${what} takes ${missing.join(', ')}, not installed here; run: npm install --save-dev ${wanted.join(' ')}`,
  );
}

function isInstalled(name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    // Whatever the reason, it cannot be loaded.
    return false;
  }
}
