/**
 * Runs in each container before its own code: `fetch` of Node.js heeds no HTTPS_PROXY by itself, so that it would leave
 * this machine past the egress proxy, and never find the local stand-ins of Google's servers.
 */
import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';

/** What sends the requests of `fetch`: undici's agent, in Node.js itself and in the package of that name. */
interface Dispatcher {
  dispatch(options: { readonly origin?: string | URL | undefined }, handler: object): boolean;
}

/** Where undici wants a connection to. */
interface Target {
  readonly hostname: string;
  readonly protocol: string;
  /** Empty for the protocol's own. */
  readonly port: string;
}

type Connected = (error: Error | null, socket: Duplex | null) => void;

type AgentClass = new (options: { connect(target: Target, connected: Connected): void }) => Dispatcher;

/** Where undici keeps the dispatcher of all requests that name none. */
const DISPATCHER = Symbol.for('undici.globalDispatcher.1');

const { HTTPS_PROXY: proxyUrl = '', NO_PROXY: directHosts = '' } = process.env;
const directly = directHosts.split(',');
// Kept as it is now: telemetry that is loaded later would take the tunnel for a request of the program.
const requestOf = request;

const { fetch } = globalThis;
let isInstalled = false;
// Undici is large, and a program that never fetches does not load it.
globalThis.fetch = (input, init) => {
  if (!isInstalled) install();
  isInstalled = true;
  return fetch(input, init);
};

function install(): void {
  // Has Node.js load undici, which then makes the dispatcher.
  void new Headers();
  const agent: unknown = Reflect.get(globalThis, DISPATCHER);
  // One that the program has set itself goes the way that the program wants.
  if (!isAgent(agent)) return;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the only way to the class inside Node.js
  const Agent = agent.constructor as AgentClass;
  const proxied = new Agent({ connect: tunnel });
  const dispatcher: Dispatcher = {
    dispatch(options, handler) {
      const isDirect = directly.includes(new URL(options.origin ?? '').hostname);
      return (isDirect ? agent : proxied).dispatch(options, handler);
    },
  };
  Reflect.set(globalThis, DISPATCHER, dispatcher);
}

function isAgent(value: unknown): value is Dispatcher {
  return typeof value === 'object' && value !== null && value.constructor.name === 'Agent';
}

/** Opens a tunnel by CONNECT (RFC 9110, section 9.3.6) and speaks TLS inside it where that is asked for. */
function tunnel({ hostname, protocol, port }: Target, connected: Connected): void {
  const isSecure = protocol === 'https:';
  const { hostname: host, port: proxyPort } = new URL(proxyUrl);
  const path = `${hostname}:${port || (isSecure ? 443 : 80)}`;
  const fail = (error: Error): void => connected(error, null);
  requestOf({ host, port: proxyPort, method: 'CONNECT', path, agent: false })
    .on('connect', ({ statusCode }, socket: Duplex, head: Buffer) => {
      if (statusCode !== 200) {
        // What the proxy says is what helps; a connection that broke meanwhile leaves the status.
        text(socket).then(
          (rest) => fail(new Error(`${head.toString()}${rest}`.trim())),
          () => fail(new Error(`the proxy answers ${statusCode} for ${path}`)),
        );
        return;
      }
      if (!isSecure) {
        connected(null, socket);
        return;
      }
      const secure = connect({ socket, servername: hostname });
      secure.once('error', fail).once('secureConnect', () => {
        secure.off('error', fail);
        connected(null, secure);
      });
    })
    .on('error', fail)
    .end();
}
