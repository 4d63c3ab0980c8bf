// Makes a fresh clone ready: checks Node and installs the packages of the lock file when they are not installed.
// Plain JavaScript without packages, because it runs before there are any.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function fail(line) {
  console.error(line);
  process.exit(1);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 9)) {
    fail(`Node 20.9 or newer is needed, this is ${process.versions.node}; get it from https://nodejs.org`);
  }
}

function readLock(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** npm keeps what it installed in node_modules/.package-lock.json; packages for other platforms are not in it. */
function isInstalled() {
  const wanted = readLock('package-lock.json');
  const installed = readLock('node_modules/.package-lock.json');
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true;
    return path in installed ? installed[path].version === version : optional === true;
  });
}

function install() {
  console.log('Installing the packages of the lock file (once, about a minute)');
  // Install scripts are not needed by anything here, so they are not run.
  const command = 'npm ci --ignore-scripts --no-audit --no-fund --loglevel=error';
  const { status } = spawnSync(command, { cwd: root, stdio: 'inherit', shell: true });
  if (status !== 0) fail(`'${command}' failed; mend what it says above and run the command again`);
}

checkNode();
if (!isInstalled()) install();
