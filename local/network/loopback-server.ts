import { once } from 'node:events';
import type { Server, Socket } from 'node:net';

/** Open connections of the servers that listen here. */
const connections = new WeakMap<Server, Set<Socket>>();

/** Lets `server` listen on a free port of 127.0.0.1 and returns the port. */
export async function listenOnLoopback(server: Server): Promise<number> {
  const open = new Set<Socket>();
  connections.set(server, open);
  // The bare connection, below TLS: one that never gets through its handshake must not keep the server open.
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no TCP port');
  return address.port;
}

/**
 * Closes a server that `listenOnLoopback` has started, with all its connections, also those in the middle of a request
 * or of their handshake.
 */
export async function closeHttpServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  for (const socket of connections.get(server) ?? []) socket.destroy();
  await closed;
}
