import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { isSecretKey } from '../../../services/telemetry/secret-keys';
import { CapturedLog } from './captured-log';

const SECRET = 's3cret';

describe('a name', () => {
  test.each([
    'authorization',
    'Proxy-Authorization',
    'x-serverless-authorization',
    'http.request.header.authorization',
    'cookie',
    'cookies',
    'Set-Cookie',
    'password',
    'dbPassword',
    'passwd',
    'passphrase',
    'secret',
    'client_secret',
    'clientSecret',
    'credentials',
    'x-goog-api-key',
    'api_key',
    'apiKey',
    'private_key',
    'token',
    'access_token',
    'refreshToken',
    'ID-Token',
    'x-goog-iam-authorization-token',
    'X-Goog-Signature',
    'jwt',
  ])('%s is that of a secret', (key) => {
    expect(isSecretKey(key)).toBe(true);
  });

  test.each([
    'tokens',
    'tokenCount',
    'totalTokens',
    'promptTokenCount',
    'maxOutputTokens',
    'gen_ai.usage.input_tokens',
    'pageToken',
    'nextPageToken',
    'next_page_token',
    'continuationToken',
    'cancellationToken',
    'secretName',
    'secretVersion',
    'cookieCount',
    'passwordChangedAt',
    'authorizationUrl',
    'key',
    'author',
  ])('%s is not', (key) => {
    expect(isSecretKey(key)).toBe(false);
  });

  test('is one however long it is', () => {
    expect(isSecretKey(`${'x'.repeat(5_000_000)}-password`)).toBe(true);
  });

  test('is looked at in one go, however long it is', () => {
    for (const part of ['token', 'api-', 'a', 'page', 'secret'])
      expect(isSecretKey(`${part.repeat(1e5)}!`)).toBe(false);
  });
});

describe('a secret is in no line', () => {
  test.each<[string, (log: CapturedLog['log']) => void]>([
    ['under its name', (log) => log.info({ password: SECRET }, 'm')],
    ['in headers', (log) => log.info({ headers: { authorization: `Bearer ${SECRET}`, accept: '*/*' } }, 'm')],
    ['in a Map', (log) => log.info({ headers: new Map([['cookie', SECRET]]) }, 'm')],
    ['in a list', (log) => log.info({ accounts: [{ apiKey: SECRET }] }, 'm')],
    ['as an object', (log) => log.info({ credentials: { user: 'a', value: SECRET } }, 'm')],
    ['as a list', (log) => log.info({ 'set-cookie': [SECRET] }, 'm')],
    ['as a number', (log) => log.info({ password: 5_3_1_337, pin: 1 }, 'm')],
    ['in bindings', (log) => log.child({ token: SECRET }).info('m')],
    [
      'in a member of an error',
      (log) => log.error(Object.assign(new Error('m'), { config: { token: SECRET } })),
    ],
    ['in a value of the message', (log) => log.info('m %o', { password: SECRET })],
    ['in a URL', (log) => log.info({ url: `https://user:${SECRET}@host/?key=${SECRET}` }, 'm')],
    ['in a URL in the message', (log) => log.info(`m postgres://user:${SECRET}@host/db`)],
    ['in a URL among values', (log) => log.info('m %s', `https://host/?sig=${SECRET}`)],
    ['in a URL in bindings', (log) => log.child({ url: `/p?key=${SECRET}` }).info('m')],
    [
      'in a URL that is cut',
      (log) => log.info(`m ${'x'.repeat(16_384 - 20)} https://user:${SECRET}@host/?key=${SECRET}`),
    ],
    [
      'in a request',
      (log) => {
        const request = new IncomingMessage(new Socket());
        request.url = `/?key=${SECRET}`;
        request.headers.authorization = SECRET;
        log.info({ request }, 'm');
      },
    ],
  ])('%s', (_case, write) => {
    const captured = new CapturedLog();
    write(captured.log);
    expect(captured.onlyRecord['message']).toMatch(/^m/);
    expect(captured.lines[0]).not.toMatch(new RegExp(`${SECRET}|531337`));
  });

  test('and its name stays', () => {
    const captured = new CapturedLog();
    captured.log.info(
      { headers: { authorization: SECRET, accept: '*/*' }, cookie: true, password: null },
      'm',
    );
    expect(captured.onlyRecord).toMatchObject({
      headers: { authorization: '[Redacted]', accept: '*/*' },
      cookie: true,
      password: null,
    });
  });
});
