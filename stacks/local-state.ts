import { existsSync, readFileSync, renameSync } from 'node:fs';
import type { Bucket } from '@google-cloud/storage';
import { localStateFile } from './config';
import { DeploymentError } from './deployment-error';
import { asked } from './storage-client';

/** Throws DeploymentError where the state is in a file although there is a bucket for it: Terraform would begin anew. */
export function requireNoLocalState(stack: string, stateBucket: string, environment: string): void {
  const file = localStateFile(stack);
  if (!existsSync(file)) return;
  throw new DeploymentError(
    `the state of ${stack} is in ${file}, not in gs://${stateBucket}; ` +
      `run 'npm run bootstrap -- ${environment}', which moves it`,
  );
}

/**
 * Moves the state of a stack from its file into the bucket, and sets the file aside. Terraform itself moves a state only
 * while its output directory remembers where it was.
 *
 * @returns whether there was a file. Throws DeploymentError.
 */
export async function moveLocalState(
  bucket: Bucket,
  stack: string,
  report: (line: string) => void,
): Promise<boolean> {
  const file = localStateFile(stack);
  if (!existsSync(file)) return false;
  const text = readFileSync(file, 'utf8');
  const local = parseState(text, file);

  // Where Terraform looks for it: `<prefix>/<workspace>.tfstate` (its reference of the gcs backend).
  const object = bucket.file(`${stack}/default.tfstate`);
  const uri = `gs://${bucket.name}/${object.name}`;
  const [exists] = await asked(`cannot look for ${uri}`, bucket.storage, object.exists());
  if (exists) {
    const [content] = await asked(`cannot read ${uri}`, bucket.storage, object.download());
    const { lineage, serial } = parseState(content.toString('utf8'), uri);
    if (lineage !== local.lineage || serial < local.serial) {
      throw new DeploymentError(
        `${file} and ${uri} are two states of ${stack}; rename the one that does not describe what is deployed`,
      );
    }
  } else {
    const creation = object.save(text, { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } });
    await asked(`cannot write ${uri}`, bucket.storage, creation);
  }
  renameSync(file, `${file}.moved`);
  report(`${file} ${exists ? 'was in' : 'moved to'} ${uri}; what is left of it is ${file}.moved`);
  return true;
}

/** A state keeps its lineage for life, and each change of it has a higher serial. */
interface StateVersion {
  readonly lineage: string;
  readonly serial: number;
}

function parseState(text: string, where: string): StateVersion {
  try {
    const { lineage, serial }: Partial<StateVersion> = JSON.parse(text);
    if (typeof lineage === 'string' && typeof serial === 'number') return { lineage, serial };
  } catch {
    // Said below, like any other file that is no state.
  }
  throw new DeploymentError(`${where} is not a state of Terraform; rename it if nothing is deployed by it`);
}
