import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign, verify } from 'node:crypto';

export interface AccessToken {
  readonly token: string;
  /** Seconds from now. */
  readonly expiresInSec: number;
}

/** The caller an ID token stands for, or why it does not stand for anybody. */
export type Verification = { readonly email: string } | { readonly reason: string };

/** Lifetime of Google's access and ID tokens (cloud.google.com/docs/authentication/token-types). */
const LIFETIME_SEC = 3600;

/**
 * The metadata server hands out the same access token until it has five minutes left
 * (cloud.google.com/compute/docs/access/authenticate-workloads).
 */
const RENEW_BEFORE_SEC = 300;

/** Google's issuer of ID tokens (accounts.google.com/.well-known/openid-configuration). */
const ISSUER = 'https://accounts.google.com';

/** Ours: Google's tokens do not say where their holder runs, and on one machine no address does. */
const REGION_CLAIM = 'local_cloud_region';

/** Access and ID tokens of service accounts; what one instance issues, no other accepts. */
export class Tokens {
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #keyId: string;
  /** Newest access token by email and region. */
  readonly #current = new Map<string, { token: string; expiresAtSec: number }>();
  readonly #accessTokens = new Map<
    string,
    { email: string; region: string | undefined; expiresAtSec: number }
  >();
  readonly #nowMs: () => number;

  /** `nowMs`: milliseconds since the Unix epoch. */
  constructor(nowMs: () => number = Date.now) {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.#privateKey = privateKey;
    this.#publicKey = publicKey;
    this.#keyId = createHash('sha1')
      .update(publicKey.export({ type: 'spki', format: 'der' }))
      .digest('hex');
    this.#nowMs = nowMs;
  }

  /** An opaque token for Google's APIs. `region` is where the one who asks for it runs. */
  issueAccessToken(email: string, region?: string): AccessToken {
    const nowSec = this.#nowSec();
    const holder = `${email} ${region ?? ''}`;
    let current = this.#current.get(holder);
    if (!current || current.expiresAtSec - nowSec < RENEW_BEFORE_SEC) {
      this.#forgetExpired(nowSec);
      current = {
        token: `ya29.local-${randomBytes(32).toString('base64url')}`,
        expiresAtSec: nowSec + LIFETIME_SEC,
      };
      this.#current.set(holder, current);
      this.#accessTokens.set(current.token, { email, region, expiresAtSec: current.expiresAtSec });
    }
    return { token: current.token, expiresInSec: current.expiresAtSec - nowSec };
  }

  /** The service account an access token was issued to; undefined for an unknown or expired one. */
  emailOfAccessToken(token: string): string | undefined {
    const entry = this.#accessTokens.get(token);
    return entry && entry.expiresAtSec > this.#nowSec() ? entry.email : undefined;
  }

  /** A signed JWT that proves to `audience` who the caller is. `region` is where the one who asks for it runs. */
  issueIdToken(email: string, audience: string, region?: string): string {
    const nowSec = this.#nowSec();
    const signed = [
      { alg: 'RS256', kid: this.#keyId, typ: 'JWT' },
      {
        iss: ISSUER,
        aud: audience,
        azp: email,
        sub: email,
        email,
        email_verified: true,
        iat: nowSec,
        exp: nowSec + LIFETIME_SEC,
        ...(region === undefined ? {} : { [REGION_CLAIM]: region }),
      },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    return `${signed}.${sign('sha256', Buffer.from(signed), this.#privateKey).toString('base64url')}`;
  }

  /** Where the one runs who was issued this access or ID token, as far as it tells. Not checked: it proves nothing. */
  regionOf(token: string): string | undefined {
    const accessToken = this.#accessTokens.get(token);
    if (accessToken) return accessToken.region;
    const region = parseJson(token.split('.')[1] ?? '')[REGION_CLAIM];
    return typeof region === 'string' ? region : undefined;
  }

  /** Checks signature, expiry and audience; any one of `audiences` will do. Never throws. */
  verifyIdToken(token: string, audiences: readonly string[]): Verification {
    const parts = token.split('.');
    const [header, payload, signature] = parts;
    if (this.#accessTokens.has(token)) {
      return { reason: 'an access token was sent where an ID token is needed' };
    }
    if (parts.length !== 3 || !header || !payload || !signature) return { reason: 'not a JWT' };
    // The algorithm is ours to choose, never the sender's: RFC 8725, section 3.1.
    const { alg } = parseJson(header);
    if (alg !== 'RS256') return { reason: `algorithm ${JSON.stringify(alg)} is not RS256` };
    const genuine = verify(
      'sha256',
      Buffer.from(`${header}.${payload}`),
      this.#publicKey,
      Buffer.from(signature, 'base64url'),
    );
    if (!genuine) return { reason: 'bad signature' };
    const { email, exp, aud } = parseJson(payload);
    if (typeof email !== 'string' || typeof exp !== 'number' || typeof aud !== 'string') {
      return { reason: 'a claim of email, exp and aud is missing' };
    }
    if (exp <= this.#nowSec()) return { reason: `expired at ${new Date(exp * 1000).toISOString()}` };
    if (!audiences.includes(aud)) {
      return { reason: `wrong audience: got ${aud}, want ${audiences.join(' or ')}` };
    }
    return { email };
  }

  #forgetExpired(nowSec: number): void {
    for (const [token, { expiresAtSec }] of this.#accessTokens) {
      if (expiresAtSec <= nowSec) this.#accessTokens.delete(token);
    }
  }

  #nowSec(): number {
    return Math.floor(this.#nowMs() / 1000);
  }
}

function parseJson(base64url: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(base64url, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    // Whoever sent it gets "algorithm undefined" or a missing claim as the reason.
    return {};
  }
}
