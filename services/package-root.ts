import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** A directory and all that it is in, from the inside out. */
export function directoriesFrom(directory: string): string[] {
  const inner = resolve(directory);
  const outer = dirname(inner);
  return outer === inner ? [inner] : [inner, ...directoriesFrom(outer)];
}

/** The directory of the package that a directory belongs to: the nearest with a package.json, or else itself. */
export function packageRoot(directory: string): string {
  const found = directoriesFrom(directory).find((outer) => existsSync(join(outer, 'package.json')));
  return found ?? resolve(directory);
}

/** Where a package is installed that a file in a directory imports by its name; undefined when it is not. */
export function findPackage(name: string, directory: string): string | undefined {
  return directoriesFrom(directory)
    .map((outer) => join(outer, 'node_modules', name))
    .find((path) => existsSync(join(path, 'package.json')));
}
