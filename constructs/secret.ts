import { Token } from 'cdktf';
import { ValidationError } from './validation';

/** Secret Manager: letters, digits, `-` and `_`; with its project where that is another one. */
const SECRET = /^(?:projects\/[^/]+\/secrets\/)?[A-Za-z0-9_-]{1,255}$/;
const VERSION = /^[1-9]\d*$/;

/** A secret of Secret Manager in one version. Its value is never in the stack or its state. */
export class Secret {
  /**
   * @param secret its id, or `projects/PROJECT/secrets/ID` where it is in another project
   * @param version its number, such as `3`: with `latest`, instances of one revision could see different values
   */
  static version(secret: string, version: string): Secret {
    return new Secret(secret, version);
  }

  private constructor(
    readonly secret: string,
    readonly version: string,
  ) {}
}

/** Throws TCR020 unless the secret names one version. Tokens pass. */
export function checkSecret(path: string, { secret, version }: Secret): void {
  if (!Token.isUnresolved(secret) && !SECRET.test(secret)) {
    throw new ValidationError(
      'TCR020',
      path,
      `a secret must be an id such as 'stripe-key', or projects/PROJECT/secrets/ID, got '${secret}'`,
    );
  }
  if (Token.isUnresolved(version) || VERSION.test(version)) return;
  throw new ValidationError(
    'TCR020',
    path,
    `the secret '${secret}' needs the number of a version, got '${version}'; instances of one revision must not see ` +
      `different values: write Secret.version('${secret}', '1'), and the next number with the next deploy`,
  );
}
