import { request } from 'node:http';
import { Agent, type RequestOptions } from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';

/** An agent for HTTPS: through the proxy that HTTPS_PROXY names, which Node before version 24 does not heed by itself. */
export function createHttpsAgent(): Agent {
  const proxy = process.env['HTTPS_PROXY'] ?? process.env['https_proxy'];
  return proxy ? new TunnelAgent(new URL(proxy)) : new Agent({ keepAlive: true });
}

/** Opens a tunnel by CONNECT for each connection (RFC 9110, section 9.3.6) and speaks TLS inside it. */
class TunnelAgent extends Agent {
  readonly #proxy: URL;

  constructor(proxy: URL) {
    super({ keepAlive: true });
    this.#proxy = proxy;
  }

  override createConnection(
    options: RequestOptions,
    done?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    // The types want a stream besides an error.
    const fail = (error: Error): void => done?.(error, new Socket());
    const host = options.host ?? '';
    const { hostname, port, username, password } = this.#proxy;
    const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
    request({
      host: hostname,
      port: port || 80,
      method: 'CONNECT',
      path: `${host}:${options.port ?? 443}`,
      headers: username ? { 'proxy-authorization': `Basic ${login.toString('base64')}` } : {},
    })
      .on('connect', ({ statusCode }, socket) => {
        if (statusCode !== 200) {
          socket.destroy();
          return fail(new Error(`the proxy ${this.#proxy.host} answers ${statusCode} for ${host}`));
        }
        done?.(null, connect({ socket, servername: host }));
      })
      .on('error', fail)
      .end();
    return undefined;
  }
}
