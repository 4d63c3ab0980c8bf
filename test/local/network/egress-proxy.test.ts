import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import {
  type CertificateAuthority,
  createCertificateAuthority,
} from '../../../local/network/certificate-authority';
import { type EgressProxy, startEgressProxy } from '../../../local/network/egress-proxy';
import { closeHttpServer, listenOnLoopback } from '../../../local/network/loopback-server';
import { CloudRunFixture, program, responseTo } from '../run/cloud-run-fixture';

let directory: string;
let authority: CertificateAuthority;
let refused: string[];
let proxy: EgressProxy;
let server: ReturnType<typeof createServer>;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'egress-'));
  authority = await createCertificateAuthority(directory);
  server = createServer(authority, (incoming, response) =>
    response.end(`storage for ${incoming.headers.host}`),
  );
  refused = [];
  proxy = await startEgressProxy({
    routes: new Map([['storage.googleapis.com:443', await listenOnLoopback(server)]]),
    onRefused: (message) => refused.push(message),
  });
});
afterEach(async () => {
  await proxy.close();
  await closeHttpServer(server);
  await rm(directory, { recursive: true, force: true });
});

const refusal = (host: string): string =>
  `a container tried to reach ${host}: the local cloud has no model of ${host}; nothing leaves this machine`;

async function tunnel(target: string): Promise<string> {
  const socket = connect(Number(new URL(proxy.url).port), '127.0.0.1');
  socket.end(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
  return text(socket);
}

it('leads a known host to its local server, whose certificate the authority vouches for', async () => {
  // GIVEN
  const asked = request(proxy.url, { method: 'CONNECT', path: 'storage.googleapis.com:443' }).end();
  const [, socket] = await once(asked, 'connect');

  // WHEN
  const ca = await readFile(authority.caFile);
  const secure = connectTls({ socket, ca, servername: 'storage.googleapis.com' });
  secure.write('GET / HTTP/1.1\r\nHost: storage.googleapis.com\r\nConnection: close\r\n\r\n');
  const answer = await text(secure);

  // THEN
  expect(answer).toContain('storage for storage.googleapis.com');
  expect(refused).toEqual([]);
});

it('refuses other hosts by name, and other ports of a known one', async () => {
  for (const target of ['example.com:443', 'storage.googleapis.com:80']) {
    const answer = await tunnel(target);
    expect(answer).toContain('403 Forbidden');
    expect(answer).toContain(refusal(target));
  }
  expect(refused).toEqual([refusal('example.com:443'), refusal('storage.googleapis.com:80')]);
});

it('refuses plain HTTP through it in the same way', async () => {
  const sent = request(proxy.url, {
    path: 'http://example.com/secret?x=1',
    headers: { host: 'example.com' },
  }).end();
  const response = await responseTo(sent);
  expect([response.statusCode, await text(response)]).toEqual([403, `${refusal('example.com')}\n`]);
  expect(refused).toEqual([refusal('example.com')]);
});

it('ends open tunnels when it is closed', async () => {
  // GIVEN
  const asked = request(proxy.url, { method: 'CONNECT', path: 'storage.googleapis.com:443' }).end();
  const [, socket] = await once(asked, 'connect');
  const ended = once(socket, 'close');
  socket.on('error', () => undefined);

  // WHEN
  await proxy.close();

  // THEN
  await ended;
  expect(socket.destroyed).toBe(true);
  proxy = await startEgressProxy({ routes: new Map(), onRefused: () => undefined });
});

it('closes the tunnel when the local server is not there', async () => {
  await closeHttpServer(server);
  expect(await tunnel('storage.googleapis.com:443')).toBe('');
  server = createServer(authority);
  await listenOnLoopback(server);
});

describe('what stands between a container and the world', () => {
  let cloud: CloudRunFixture;
  beforeEach(async () => {
    cloud = await CloudRunFixture.open();
  });
  afterEach(() => cloud.dispose());

  async function outcomeOf(handler: string, before = ''): Promise<string> {
    const uri = await cloud.serve('curious', program(`async (request, response) => ${handler}`, before));
    return (await fetch(uri)).text();
  }

  it("is met by Google's clients", async () => {
    const outcome = await outcomeOf(
      `{
        const url = 'https://pubsub.googleapis.com/v1/x';
        const error = await new GoogleAuth().request({ url, responseType: 'text' }).catch((reason) => reason);
        response.end(String(error.response?.data ?? error));
      }`,
      `const { GoogleAuth } = require(${JSON.stringify(require.resolve('google-auth-library'))});`,
    );
    expect(cloud.refused).toEqual([refusal('pubsub.googleapis.com:443')]);
    expect(outcome).toBe(`${refusal('pubsub.googleapis.com:443')}\n`);
  });

  it.each([
    ['https://example.com/x', 'example.com:443'],
    ['http://example.com/x', 'example.com:80'],
    ['https://example.com:8443/x', 'example.com:8443'],
  ])('is met by fetch of %s', async (url, target) => {
    const outcome = await outcomeOf(
      `{
        const error = await fetch('${url}').catch((reason) => reason);
        response.end(String(error.cause?.message ?? error));
      }`,
    );
    expect(cloud.refused).toEqual([refusal(target)]);
    expect(outcome).toBe(refusal(target));
  });

  it('is not in the way of fetch to another service', async () => {
    const uri = await cloud.serve('callee', program(`(request, response) => response.end('served')`));
    const outcome = await outcomeOf(`response.end(await (await fetch('${uri}')).text())`);
    expect([outcome, cloud.refused]).toEqual(['served', []]);
  });
});
