import { IncomingMessage } from 'node:http';

const ROUTE = 'route';

const routes = new WeakMap<IncomingMessage, string>();

/**
 * Learns the routes of Express, which assigns the matched one to `request.route`. Where its router is mounted stands in
 * `request.baseUrl` only until an error leaves that router, so both are read in the moment of the assignment.
 *
 * @returns a function that stops doing so.
 */
export function watchExpressRoutes(): () => void {
  Object.defineProperty(IncomingMessage.prototype, ROUTE, {
    configurable: true,
    set(this: IncomingMessage, route: unknown) {
      Object.defineProperty(this, ROUTE, {
        configurable: true,
        enumerable: true,
        writable: true,
        value: route,
      });
      const path = textOf(route, 'path');
      if (path !== undefined) routes.set(this, `${textOf(this, 'baseUrl') ?? ''}${path}`);
    },
  });
  return () => {
    Reflect.deleteProperty(IncomingMessage.prototype, ROUTE);
  };
}

/** The route of Express that took the request; undefined where it was none, or one that is not written as text. */
export function expressRouteOf(request: IncomingMessage): string | undefined {
  return routes.get(request);
}

function textOf(holder: unknown, name: string): string | undefined {
  if (typeof holder !== 'object' || holder === null) return undefined;
  const value: unknown = Reflect.get(holder, name);
  return typeof value === 'string' ? value : undefined;
}
