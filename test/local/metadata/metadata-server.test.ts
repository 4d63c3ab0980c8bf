import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { Tokens } from '../../../local/iam/tokens';
import { type MetadataServer, startMetadataServer } from '../../../local/metadata/metadata-server';

const EMAIL = 'gateway@local-test.iam.gserviceaccount.com';

let tokens: Tokens;
let server: MetadataServer;
beforeEach(async () => {
  tokens = new Tokens();
  server = await startMetadataServer({
    projectId: 'local-test',
    projectNumber: '123456789012',
    region: 'europe-west1',
    instanceId: '00f1',
    serviceAccount: EMAIL,
    tokens,
  });
});
afterEach(() => server.close());

const get = (
  path: string,
  headers: Record<string, string> = { 'Metadata-Flavor': 'Google' },
): Promise<Response> => fetch(`http://${server.host}${path}`, { headers });

const value = async (path: string): Promise<string> => (await get(`/computeMetadata/v1/${path}`)).text();

it.each([
  ['project/project-id', 'local-test'],
  ['project/numeric-project-id', '123456789012'],
  ['instance/id', '00f1'],
  ['instance/region', 'projects/123456789012/regions/europe-west1'],
  ['instance/zone', 'projects/123456789012/zones/europe-west1-1'],
  ['instance/service-accounts/default/email', EMAIL],
  [`instance/service-accounts/${EMAIL}/email`, EMAIL],
  [`instance/service-accounts/${encodeURIComponent(EMAIL)}/email`, EMAIL],
  ['instance/service-accounts/default/scopes', 'https://www.googleapis.com/auth/cloud-platform'],
  ['instance/service-accounts', `default/\n${EMAIL}/\n`],
  ['universe/universe-domain', 'googleapis.com'],
])('answers %s', async (path, expected) => {
  const response = await get(`/computeMetadata/v1/${path}`);
  expect([response.status, response.headers.get('metadata-flavor')]).toEqual([200, 'Google']);
  expect(await response.text()).toBe(expected);
});

it('answers a whole directory as JSON, without tokens', async () => {
  const instance: unknown = JSON.parse(await value('instance/?recursive=true'));
  expect(instance).toMatchObject({
    id: '00f1',
    'service-accounts': { default: { email: EMAIL, aliases: 'default' } },
  });
  expect(JSON.stringify(instance)).not.toContain('token');
});

it("gives out access tokens of the instance's account", async () => {
  const answer: { access_token: string } = JSON.parse(await value('instance/service-accounts/default/token'));
  expect(answer).toMatchObject({ expires_in: 3600, token_type: 'Bearer' });
  expect(tokens.emailOfAccessToken(answer.access_token)).toBe(EMAIL);
});

it('gives out ID tokens for an audience, and none without one', async () => {
  const path = '/computeMetadata/v1/instance/service-accounts/default/identity';
  const token = await (await get(`${path}?audience=https%3A%2F%2Fcallee&format=full`)).text();
  expect(tokens.verifyIdToken(token, ['https://callee'])).toEqual({ email: EMAIL });
  expect((await get(path)).status).toBe(400);
  expect((await get(`${path}?audience=`)).status).toBe(400);
});

it('refuses requests without the header that a browser or a proxy would not send', async () => {
  const response = await get('/computeMetadata/v1/project/project-id', {});
  expect(response.status).toBe(403);
  expect(await response.text()).not.toContain('local-test');
});

it.each([
  'instance/attributes/cluster-name',
  'instance/id/more',
  'instance/constructor',
  'nothing',
  '../../x',
  '%',
  '%E0%A4%A',
])('answers 404 for %s', async (path) => {
  expect((await get(`/computeMetadata/v1/${path}`)).status).toBe(404);
});

async function bodyOf(path: string, headers: Record<string, string>): Promise<string> {
  const port = server.host.split(':')[1];
  const sent = request({
    host: '127.0.0.1',
    port,
    path,
    headers: { 'Metadata-Flavor': 'Google', ...headers },
  }).end();
  return await new Promise<string>((resolve) => {
    sent.on('response', (response) => resolve(text(response)));
  });
}

it('survives a request target that is no URL', async () => {
  expect(await bodyOf('//', {})).toBe('no metadata at //\n');
});

it('has no token for a web page whose name was pointed to this machine', async () => {
  const body = await bodyOf('/computeMetadata/v1/instance/service-accounts/default/token', {
    Host: 'evil.example.com',
  });
  expect(body).toBe("host 'evil.example.com' is not this machine; use 127.0.0.1 or localhost\n");
});
