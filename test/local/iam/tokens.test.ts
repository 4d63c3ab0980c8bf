import { Tokens } from '../../../local/iam/tokens';

const EMAIL = 'caller@local-test.iam.gserviceaccount.com';
const AUDIENCE = 'http://127.0.0.1:4711';

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('an ID token', () => {
  it('proves who the caller is to its audience', () => {
    const tokens = new Tokens();
    const token = tokens.issueIdToken(EMAIL, AUDIENCE);
    expect(tokens.verifyIdToken(token, ['https://other', AUDIENCE])).toEqual({ email: EMAIL });
  });

  it('is refused elsewhere, after an hour, and by another local cloud', () => {
    // GIVEN
    let nowMs = Date.parse('2026-11-01T12:00:00Z');
    const tokens = new Tokens(() => nowMs);
    const token = tokens.issueIdToken(EMAIL, AUDIENCE);

    // THEN
    expect(tokens.verifyIdToken(token, ['http://x', 'http://y'])).toEqual({
      reason: `wrong audience: got ${AUDIENCE}, want http://x or http://y`,
    });
    expect(new Tokens().verifyIdToken(token, [AUDIENCE])).toEqual({ reason: 'bad signature' });
    nowMs += 3_600_000;
    expect(tokens.verifyIdToken(token, [AUDIENCE])).toEqual({
      reason: 'expired at 2026-11-01T13:00:00.000Z',
    });
  });

  it('cannot be made by anybody else', () => {
    // GIVEN
    const tokens = new Tokens();
    const [header = '', payload = '', signature = ''] = tokens.issueIdToken(EMAIL, AUDIENCE).split('.');
    const forged = encode({ email: 'admin@x', aud: AUDIENCE, exp: 9e9 });

    // THEN
    const reasons: [string, string][] = [
      [`${header}.${forged}.${signature}`, 'bad signature'],
      [`${header}.${payload}.`, 'not a JWT'],
      [`${encode({ alg: 'none' })}.${forged}.x`, 'algorithm "none" is not RS256'],
      [`${encode({ alg: 'HS256' })}.${forged}.${signature}`, 'algorithm "HS256" is not RS256'],
      [`{.${payload}.${signature}`, 'algorithm undefined is not RS256'],
      ['', 'not a JWT'],
      ['a.b.c.d', 'not a JWT'],
    ];
    for (const [token, reason] of reasons) {
      expect(tokens.verifyIdToken(token, [AUDIENCE])).toEqual({ reason });
    }
  });
});

describe('an access token', () => {
  it('stands for its account until it expires, and is handed out again until it has five minutes left', () => {
    // GIVEN
    let nowMs = 0;
    const tokens = new Tokens(() => nowMs);
    const first = tokens.issueAccessToken(EMAIL);

    // THEN
    expect(first.expiresInSec).toBe(3600);
    expect(tokens.emailOfAccessToken(first.token)).toBe(EMAIL);
    expect(tokens.issueAccessToken('other@x').token).not.toBe(first.token);

    nowMs = 3300_000;
    expect(tokens.issueAccessToken(EMAIL)).toEqual({ token: first.token, expiresInSec: 300 });
    nowMs = 3301_000;
    const second = tokens.issueAccessToken(EMAIL);
    expect(second.token).not.toBe(first.token);
    expect(tokens.emailOfAccessToken(first.token)).toBe(EMAIL);

    nowMs = 3600_000;
    expect(tokens.emailOfAccessToken(first.token)).toBeUndefined();
    expect(tokens.emailOfAccessToken(second.token)).toBe(EMAIL);
    expect(tokens.emailOfAccessToken('guessed')).toBeUndefined();
  });

  it('is told apart from an ID token', () => {
    const tokens = new Tokens();
    expect(tokens.verifyIdToken(tokens.issueAccessToken(EMAIL).token, [AUDIENCE])).toEqual({
      reason: 'an access token was sent where an ID token is needed',
    });
  });
});
