import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { ProjectCopy } from './project-copy';

const MODULES = resolve(__dirname, '../../node_modules');
const NAME = 'traced-cloud-run';

/** The npm package of this repository as it would be published, to be installed in projects outside of it. */
export class PackedPackage {
  readonly #projects: string[] = [];
  readonly #directory: string;
  readonly #tarball: string;

  /** Builds and packs a copy of the repository, so that tests that do so at once do not meet in `dist`. */
  static async make(): Promise<PackedPackage> {
    const copy = await ProjectCopy.make();
    const directory = realpathSync(mkdtempSync(join(tmpdir(), 'packed-')));
    try {
      const printed = execFileSync('npm', ['pack', '--json', '--pack-destination', directory], {
        cwd: copy.directory,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const [{ filename }]: [{ filename: string }] = JSON.parse(printed);
      execFileSync('tar', ['-xzf', join(directory, filename), '-C', directory]);
    } finally {
      await copy.dispose();
    }
    return new PackedPackage(
      directory,
      readdirSync(directory)
        .filter((name) => name.endsWith('.tgz'))
        .join(),
    );
  }

  /** @param directory with the tarball and its content. */
  private constructor(directory: string, tarball: string) {
    this.#directory = directory;
    this.#tarball = join(directory, tarball);
  }

  /** Where the content of the package is. */
  get content(): string {
    return join(this.#directory, 'package');
  }

  /**
   * A project in which the package is installed beside the packages of this repository, which stand for what npm would
   * install from a registry.
   *
   * @param without names of packages that are not installed.
   */
  install(without: readonly string[] = []): string {
    const project = this.#project();
    const modules = join(project, 'node_modules');
    mkdirSync(modules);
    for (const name of packageNames().filter((other) => !without.includes(other))) {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(join(MODULES, name), join(modules, name));
    }
    cpSync(this.content, join(modules, NAME), { recursive: true });
    return project;
  }

  /** An empty project in which npm has installed the package, with the dependencies that it asks for. */
  installByNpm(): string {
    const project = this.#project();
    writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'greetings', version: '1.0.0' }));
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const { status, stderr } = spawnSync('npm', ['install', ...options, this.#tarball], {
      cwd: project,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`npm install failed: ${stderr}`);
    return project;
  }

  #project(): string {
    const project = realpathSync(mkdtempSync(join(tmpdir(), 'project-')));
    this.#projects.push(project);
    return project;
  }

  dispose(): void {
    for (const directory of [this.#directory, ...this.#projects]) rmSync(directory, { recursive: true });
  }
}

/** Runs a program of an installed package in a project. */
export function runIn(
  project: string,
  ...args: readonly string[]
): { status: number | null; stdout: string; stderr: string } {
  // Jest's own settings for this process are not those of the project.
  const { NODE_ENV: _, JEST_WORKER_ID: __, ...env } = process.env;
  return spawnSync(process.execPath, args, { cwd: project, encoding: 'utf8', env });
}

function packageNames(): string[] {
  const names = readdirSync(MODULES).filter((name) => !name.startsWith('.'));
  return names.flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(MODULES, name)).map((scoped) => `${name}/${scoped}`) : [name],
  );
}
