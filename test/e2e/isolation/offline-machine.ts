import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { closeHttpServer, listenOnLoopback } from '../../../local/network/loopback-server';
import { callerEnvironment } from './caller-environment';
import type { DeploymentResult } from './deployment';

/** What was seen of a deployment on a machine without a network, on the one line that this prints. */
export interface Observation {
  readonly deployment: DeploymentResult;
  /** What came first over every connection to where the caller's environment points. */
  readonly connections: readonly string[];
  /** Names that were looked up. */
  readonly lookups: readonly string[];
  /** How many packets the kernel had no route for: every attempt to reach anything but this machine. */
  readonly unroutable: number;
  /** The same after an attempt to reach an address elsewhere. */
  readonly unroutableAfterAttempt: number;
}

/** Runs in a network namespace of its own, in which there are only loopback addresses. */
async function main(): Promise<void> {
  const [, , home = '', callerId = ''] = process.argv;
  const connections: string[] = [];
  const recorder = createServer((socket) => {
    const index = connections.push('nothing was sent') - 1;
    socket.once('data', (chunk) => (connections[index] = chunk.toString('latin1').slice(0, 200)));
    socket.on('error', () => undefined);
    socket.setTimeout(1_000, () => socket.destroy());
  });
  const port = await listenOnLoopback(recorder);

  const lookups: string[] = [];
  const resolver = createSocket('udp4', (packet) => lookups.push(packet.toString('latin1')));
  // All of 127.0.0.0/8 is this machine, wherever /etc/resolv.conf has its resolver.
  resolver.bind(53, '0.0.0.0');
  await once(resolver, 'listening');

  const before = unroutable();
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', join(__dirname, 'deployment.ts')],
    { env: callerEnvironment(home, callerId, port), maxBuffer: 16 * 1024 * 1024 },
  );
  const counted = unroutable() - before;
  // 203.0.113.0/24 is for documentation (RFC 5737).
  await once(connect(443, '203.0.113.1'), 'error');

  const observation: Observation = {
    deployment: JSON.parse(stdout),
    connections,
    lookups,
    unroutable: counted,
    unroutableAfterAttempt: unroutable() - before,
  };
  console.log(JSON.stringify(observation));
  await closeHttpServer(recorder);
  resolver.close();
}

/** Packets of both protocols that were for no address of this machine (proc(5), net/snmp). */
function unroutable(): number {
  const [names = '', values = ''] = readFileSync('/proc/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Ip: '));
  const ipv4 = values.split(' ')[names.split(' ').indexOf('OutNoRoutes')];
  const [, ipv6] = /^Ip6OutNoRoutes\s+(\d+)$/m.exec(readFileSync('/proc/net/snmp6', 'utf8')) ?? [];
  return Number(ipv4) + Number(ipv6);
}

void main();
