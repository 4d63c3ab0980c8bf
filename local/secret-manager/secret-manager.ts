/** Secret Manager: secrets and their numbered versions. */

/** A secret without its versions, close to the API's `Secret`. */
export interface Secret {
  /** `projects/P/secrets/S` */
  readonly name: string;
  /** RFC 3339. */
  readonly createTime: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Alias -> version number. */
  readonly versionAliases?: Readonly<Record<string, string>>;
  readonly replication: {
    readonly auto?: object;
    readonly userManaged?: { readonly replicas: readonly { readonly location: string }[] };
  };
}

/** What a caller decides about a secret. */
export type SecretSettings = Omit<Secret, 'name' | 'createTime'>;

export interface SecretVersion {
  /** `projects/P/secrets/S/versions/N` */
  readonly name: string;
  /** RFC 3339. */
  readonly createTime: string;
  readonly state: 'ENABLED' | 'DISABLED' | 'DESTROYED';
  /** Empty once destroyed. */
  readonly payload: Buffer;
}

interface StoredSecret {
  secret: Secret;
  /** Version N is at N - 1: numbers are never used again. */
  readonly versions: SecretVersion[];
}

/** The secrets of all projects, by resource name. */
export class SecretManager {
  readonly #secrets = new Map<string, StoredSecret>();

  secret(name: string): Secret | undefined {
    return this.#secrets.get(name)?.secret;
  }

  /** Undefined when there is one of that name. */
  createSecret(name: string, settings: SecretSettings): Secret | undefined {
    if (this.#secrets.has(name)) return undefined;
    const secret = { ...settings, name, createTime: new Date().toISOString() };
    this.#secrets.set(name, { secret, versions: [] });
    return secret;
  }

  /** Replaces the settings. Undefined when there is no such secret. */
  updateSecret(name: string, settings: SecretSettings): Secret | undefined {
    const stored = this.#secrets.get(name);
    if (!stored) return undefined;
    stored.secret = { ...settings, name, createTime: stored.secret.createTime };
    return stored.secret;
  }

  /** Deletes the secret with all its versions. */
  deleteSecret(name: string): void {
    this.#secrets.delete(name);
  }

  /** Adds an enabled version. Undefined when there is no such secret. */
  addVersion(secretName: string, payload: Buffer): SecretVersion | undefined {
    const stored = this.#secrets.get(secretName);
    if (!stored) return undefined;
    const version: SecretVersion = {
      name: `${secretName}/versions/${stored.versions.length + 1}`,
      createTime: new Date().toISOString(),
      state: 'ENABLED',
      payload,
    };
    stored.versions.push(version);
    return version;
  }

  /** A version by its resource name, whatever its state. */
  version(name: string): SecretVersion | undefined {
    const [secretName = '', number] = name.split('/versions/');
    return this.#secrets.get(secretName)?.versions[Number(number) - 1];
  }

  /** A destroyed version stays destroyed. */
  setVersionState(name: string, state: SecretVersion['state']): void {
    const version = this.version(name);
    if (!version || version.state === 'DESTROYED') return;
    const [secretName = '', number] = name.split('/versions/');
    const payload = state === 'DESTROYED' ? Buffer.alloc(0) : version.payload;
    this.#secrets.get(secretName)?.versions.splice(Number(number) - 1, 1, { ...version, state, payload });
  }

  /**
   * The secret's value as text. `version` is a number, an alias of the secret, or `latest`, which is the newest version
   * even when that one is not enabled. Undefined when there is no such secret or version, or it is not enabled.
   */
  access(projectId: string, secret: string, version: string): string | undefined {
    const secretName = `projects/${projectId}/secrets/${secret}`;
    const stored = this.#secrets.get(secretName);
    if (!stored) return undefined;
    const number = version === 'latest' ? stored.versions.length : stored.secret.versionAliases?.[version];
    const found = this.version(`${secretName}/versions/${number ?? version}`);
    return found?.state === 'ENABLED' ? found.payload.toString('utf8') : undefined;
  }
}
