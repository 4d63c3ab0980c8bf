import { messageOf, stackOf, tellInstead, withoutUrlSecrets } from '../../../services/telemetry/error-text';

describe('text about URLs', () => {
  test.each([
    ['http://user:s3cret@host/path', 'http://REDACTED@host/path'],
    ['http://user:s3@cret@host/', 'http://REDACTED@host/'],
    ['postgres://s3cret@host', 'postgres://REDACTED@host'],
    ['from http://[?key=s3cret', 'from http://[?key=REDACTED'],
    ['https://host/p?a=1&b=2#c=3 was not done', 'https://host/p?a=REDACTED&b=REDACTED was not done'],
    ['/slow?key=s3cret', '/slow?key=REDACTED'],
    [
      '"https://host/?sig=s3cret" and \'https://host/?sig=s3cret\'',
      '"https://host/?sig=REDACTED" and \'https://host/?sig=REDACTED\'',
    ],
    ['/slow?page', '/slow?page'],
    ['what? a=b', 'what? a=b'],
    ['connect ECONNREFUSED 127.0.0.1:1', 'connect ECONNREFUSED 127.0.0.1:1'],
    ['mail me@host, see https://host/@me', 'mail me@host, see https://host/@me'],
  ])('%s is told as %s', (text, expected) => {
    expect(withoutUrlSecrets(text)).toBe(expected);
  });

  test.each(['://', '?', '?a=', 'a', '=', '@', ' ?', '&'])(
    'of five million characters of %j is read in one go',
    (part) => {
      const text = part.repeat(5_000_000 / part.length);
      expect(withoutUrlSecrets(text).length).toBeGreaterThan(0);
    },
  );
});

test('an error is told by another message where its own quotes somebody, and stays as it is', () => {
  const error = new Error('cannot answer "who am I?"');
  tellInstead(error, 'Gemini failed: 400');
  expect(messageOf(error)).toBe('Gemini failed: 400');
  expect(stackOf(error)).toMatch(/^Error: Gemini failed: 400\n {4}at /);
  expect(error.message).toBe('cannot answer "who am I?"');
});

test('an error without a message keeps its stack', () => {
  const error = new Error();
  tellInstead(error, 'said otherwise');
  expect(messageOf(error)).toBe('said otherwise');
  expect(stackOf(error)).toBe(error.stack);
});

test.each<[string, PropertyDescriptor, string]>([
  ['no text', { value: 7 }, ''],
  ['missing', { value: undefined }, ''],
  [
    'a getter that throws',
    {
      get: () => {
        throw new Error('never read me');
      },
    },
    '[Unreadable]',
  ],
])('an error whose message is %s is told all the same', (_case, property, expected) => {
  const error = Object.defineProperty(new Error(), 'message', property);
  expect(messageOf(error)).toBe(expected);
  expect(typeof stackOf(error)).toBe('string');
});
