import { createServer, type ServerResponse } from 'node:http';
import type { Tokens } from '../iam/tokens';
import { closeHttpServer, listenOnLoopback } from '../network/loopback-server';
import { refusalOf } from '../network/request-guard';

export interface MetadataServerOptions {
  readonly projectId: string;
  readonly projectNumber: string;
  readonly region: string;
  /** Hexadecimal, as Cloud Run's. */
  readonly instanceId: string;
  /** Email of the service account the container runs as. */
  readonly serviceAccount: string;
  readonly tokens: Tokens;
}

export interface MetadataServer {
  /** `127.0.0.1:<port>`, for GCE_METADATA_HOST. */
  readonly host: string;
  close(): Promise<void>;
}

/** What there is at a path: a directory, a text, or what a request's parameters ask for. */
type Entry = { readonly [name: string]: Entry } | string | ((query: URLSearchParams) => Answer);

interface Answer {
  readonly status: number;
  readonly type: 'application/text' | 'application/json' | 'text/plain';
  readonly body: string;
}

const ROOT = '/computeMetadata/v1/';

/** Scope of the tokens Cloud Run's accounts get (cloud.google.com/run/docs/securing/service-identity). */
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

/**
 * The metadata server of one container instance (cloud.google.com/run/docs/container-contract#metadata-server), on a
 * port of its own: that is how a caller is known to be the instance's service account.
 */
export async function startMetadataServer(options: MetadataServerOptions): Promise<MetadataServer> {
  const root = entries(options);
  const server = createServer((request, response) => {
    request.resume();
    const refusal = refusalOf(request);
    if (refusal !== undefined)
      return send(response, { status: 403, type: 'text/plain', body: `${refusal}\n` });
    // Protects against requests that a container was tricked into making for somebody else.
    if (request.headers['metadata-flavor'] !== 'Google') {
      return send(response, {
        status: 403,
        type: 'text/plain',
        body: 'Missing Metadata-Flavor:Google header.\n',
      });
    }
    return send(response, answer(root, request.url ?? '/'));
  });
  return { host: `127.0.0.1:${await listenOnLoopback(server)}`, close: () => closeHttpServer(server) };
}

function entries({ serviceAccount, tokens, ...options }: MetadataServerOptions): Entry {
  const account: Entry = {
    aliases: 'default',
    email: serviceAccount,
    scopes: SCOPE,
    token: () => {
      const { token, expiresInSec } = tokens.issueAccessToken(serviceAccount, options.region);
      return json({ access_token: token, expires_in: expiresInSec, token_type: 'Bearer' });
    },
    // `format` only adds claims about virtual machines, which a Cloud Run instance has none of.
    identity: (query) => {
      const audience = query.get('audience');
      if (!audience) {
        return { status: 400, type: 'text/plain', body: 'non-empty audience parameter required\n' };
      }
      return text(tokens.issueIdToken(serviceAccount, audience, options.region));
    },
  };
  const inProject = `projects/${options.projectNumber}`;
  return {
    instance: {
      id: options.instanceId,
      region: `${inProject}/regions/${options.region}`,
      zone: `${inProject}/zones/${options.region}-1`,
      'service-accounts': { default: account, [serviceAccount]: account },
    },
    project: { 'numeric-project-id': options.projectNumber, 'project-id': options.projectId },
    universe: { 'universe-domain': 'googleapis.com' },
  };
}

function answer(root: Entry, url: string): Answer {
  const notFound: Answer = { status: 404, type: 'text/plain', body: `no metadata at ${url}\n` };
  const base = 'http://metadata.google.internal';
  if (!URL.canParse(url, base)) return notFound;
  const { pathname, searchParams } = new URL(url, base);
  // Clients look here to find out whether there is a metadata server at all.
  if (pathname === '/') return text('computeMetadata/\n');
  if (!`${pathname}/`.startsWith(ROOT)) return notFound;
  let entry = root;
  // An account's email is the only name with a character that clients may escape.
  const names = pathname.slice(ROOT.length).replaceAll('%40', '@').split('/').filter(Boolean);
  for (const name of names) {
    if (typeof entry !== 'object' || !Object.hasOwn(entry, name)) return notFound;
    const next = entry[name];
    if (next === undefined) return notFound;
    entry = next;
  }
  if (typeof entry === 'function') return entry(searchParams);
  if (typeof entry === 'string') return text(entry);
  return searchParams.get('recursive') === 'true' ? json(plain(entry)) : text(listing(entry));
}

/** A directory without the tokens, which are made only when they are asked for by name. */
function plain(entry: Entry): unknown {
  if (typeof entry !== 'object') return entry;
  return Object.fromEntries(
    Object.entries(entry)
      .filter(([, child]) => typeof child !== 'function')
      .map(([name, child]) => [name, plain(child)]),
  );
}

function listing(directory: Readonly<Record<string, Entry>>): string {
  return Object.entries(directory)
    .map(([name, child]) => (typeof child === 'object' ? `${name}/\n` : `${name}\n`))
    .join('');
}

function text(body: string): Answer {
  return { status: 200, type: 'application/text', body };
}

function json(value: unknown): Answer {
  return { status: 200, type: 'application/json', body: JSON.stringify(value) };
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, { 'metadata-flavor': 'Google', 'content-type': type }).end(body);
}
