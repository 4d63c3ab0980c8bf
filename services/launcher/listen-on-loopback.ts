import { Server, type ListenOptions } from 'node:net';

const LOOPBACK = '127.0.0.1';
const ALL_INTERFACES: readonly unknown[] = [undefined, '0.0.0.0', '::'];

/** Lets servers that would listen on all interfaces listen on loopback alone; resolves with the port of the first. */
export function listenOnLoopback(): Promise<number> {
  return new Promise((resolve) => {
    // oxlint-disable-next-line typescript/unbound-method -- applied to each server below
    const { listen } = Server.prototype;
    Server.prototype.listen = function (this: Server, ...args: unknown[]): Server {
      this.once('listening', () => {
        const address = this.address();
        if (typeof address === 'object' && address !== null) resolve(address.port);
      });
      return Reflect.apply(listen, this, onLoopback(args));
    };
  });
}

/** `listen(options, ...)` and `listen(port, host?, ...)`; a path or a handle is left as it is. */
function onLoopback([first, ...rest]: unknown[]): unknown[] {
  if (isOptions(first)) {
    return ALL_INTERFACES.includes(first.host) ? [{ ...first, host: LOOPBACK }, ...rest] : [first, ...rest];
  }
  if (!/^[0-9]+$/.test(String(first))) return [first, ...rest];
  const [host, ...others] = typeof rest[0] === 'string' ? rest : [undefined, ...rest];
  return [first, ALL_INTERFACES.includes(host) ? LOOPBACK : host, ...others];
}

function isOptions(value: unknown): value is ListenOptions {
  return typeof value === 'object' && value !== null && 'port' in value;
}
