import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { closeHttpServer, listenOnLoopback } from './loopback-server';

export interface EgressProxyOptions {
  /** Local TCP port by `host:port`, such as `storage.googleapis.com:443` -> 34567. May be filled after the start. */
  readonly routes: ReadonlyMap<string, number>;
  /** Called with one sentence for each connection that is refused. */
  onRefused(message: string): void;
}

export interface EgressProxy {
  /** For HTTPS_PROXY. */
  readonly url: string;
  /** Ends open connections as well. */
  close(): Promise<void>;
}

/**
 * The containers' only way out: an HTTP proxy on 127.0.0.1 that connects CONNECT requests for the hosts in `routes` to
 * local servers and refuses all others with 403.
 */
export async function startEgressProxy(options: EgressProxyOptions): Promise<EgressProxy> {
  const refuse = (host: string): string => {
    const message =
      `a container tried to reach ${host}: the local cloud has no model of ${host}; ` +
      'nothing leaves this machine';
    options.onRefused(message);
    return `${message}\n`;
  };

  const server = createServer((request, response) => {
    // A proxy request carries an absolute URL; anything else is somebody who takes the proxy for a web server.
    const host = hostOf(request.url) ?? request.headers.host ?? 'an unnamed host';
    response.writeHead(403, { 'content-type': 'text/plain' }).end(refuse(host));
  });
  server.on('connect', (request, client: Socket, head: Buffer) => {
    client.on('error', () => client.destroy());
    const target = request.url ?? '';
    const port = options.routes.get(target.toLowerCase());
    if (port === undefined) {
      const body = refuse(target);
      client.end(
        'HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nConnection: close\r\n' +
          `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
      return;
    }
    const upstream = connect(port, '127.0.0.1');
    upstream.on('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });

  return {
    url: `http://127.0.0.1:${await listenOnLoopback(server)}`,
    // Each connection of a client takes the one behind it along.
    close: () => closeHttpServer(server),
  };
}

function hostOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).host : undefined;
}
