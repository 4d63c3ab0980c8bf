import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addressesFile, currentVersion, deployedNow, renderRelease } from '../helpers/addresses';

/** `npm run addresses`: keeps the Terraform addresses of the version in package.json, until the changelog has released it. */
const version = currentVersion();
const changelog = readFileSync(join(__dirname, '..', '..', 'CHANGELOG.md'), 'utf8');
if (changelog.split('\n').some((line) => line.startsWith(`## ${version}`))) {
  console.error(
    `${version} is released, and what it deployed stays as it was: raise the version in package.json`,
  );
  process.exitCode = 1;
} else {
  writeFileSync(addressesFile(version), renderRelease(deployedNow()));
}
