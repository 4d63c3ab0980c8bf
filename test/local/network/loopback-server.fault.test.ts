import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { createCertificateAuthority } from '../../../local/network/certificate-authority';
import { closeHttpServer, listenOnLoopback } from '../../../local/network/loopback-server';
import { CloudTraceServer } from '../../../local/trace/cloud-trace-server';
import { TraceStore } from '../../../local/trace/trace-store';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'loopback-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it.each([
  ['an HTTPS server', startHttps],
  ['Cloud Trace', startCloudTrace],
])('%s closes although a connection to it has never begun its TLS handshake', async (_name, start) => {
  // GIVEN
  const { port, close } = await start();
  const idle = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(idle, 'connect');
  // One that came later is through, so the server has accepted the first.
  const later = connectTls({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    ALPNProtocols: ['h2', 'http/1.1'],
  });
  await once(
    later.on('error', () => undefined),
    'secureConnect',
  );

  // WHEN
  await close();

  // THEN
  if (!idle.destroyed) await once(idle, 'close');
  await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED');
});

interface Started {
  readonly port: number;
  readonly close: () => Promise<void>;
}

async function startHttps(): Promise<Started> {
  const server = createServer(await createCertificateAuthority(directory));
  return { port: await listenOnLoopback(server), close: () => closeHttpServer(server) };
}

async function startCloudTrace(): Promise<Started> {
  const server = await CloudTraceServer.start({
    ...(await createCertificateAuthority(directory)),
    traces: new TraceStore(),
    authenticate: () => undefined,
    mayWrite: () => false,
  });
  return { port: server.port, close: () => server.dispose() };
}
