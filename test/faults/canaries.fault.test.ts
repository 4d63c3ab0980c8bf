import { createServer } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { bundleService, ChildService } from '../services/telemetry/child-service';
import { Collector } from '../services/telemetry/collector';
import { answering, failing, GeminiServer, saying } from '../services/telemetry/gemini-server';
import { Google } from '../services/telemetry/google';
import { listenLocally, send } from '../services/telemetry/http';

/**
 * Where a secret may be, and where it may be found again. Recorded by design is what an access log holds: the path and the
 * user agent in spans and log lines; the host and the path of an outgoing call in spans; the members of a well-formed
 * `tracestate`, which belong to the trace, in spans that carry it (OTLP; Cloud Trace has no field for them). Everything
 * else that a caller sends is in neither: queries, other headers with their names, credentials, bodies, and what is not
 * well-formed. Nor are the credentials and queries of outgoing calls, whatever goes wrong with them, nor what a model is
 * asked and answers.
 */
type Place = 'spans' | 'log';

const BY_DESIGN: Readonly<Record<string, readonly Place[]>> = {
  path: ['spans', 'log'],
  'path of an unknown route': ['spans', 'log'],
  'user agent': ['spans', 'log'],
  host: ['spans'],
  'path of an outgoing call': ['spans'],
  tracestate: ['spans'],
};

/** One secret for each place: letters and digits, which every encoding leaves as they are. */
class Canaries {
  readonly #known = new Map<string, string>();

  at(place: string): string {
    const known = this.#known.get(place) ?? `canary${this.#known.size}x`;
    this.#known.set(place, known);
    return known;
  }

  /** The places whose secrets are in `text`. */
  foundIn(text: string): string[] {
    return [...this.#known].filter(([, canary]) => text.includes(canary)).map(([place]) => place);
  }

  get places(): string[] {
    return [...this.#known.keys()];
  }
}

/** Sends a service every secret. */
async function sing(url: string, canaries: Canaries): Promise<void> {
  const at = (place: string): string => canaries.at(place);
  const downstream = createServer((_request, response) => response.end());
  const outside = await listenLocally(downstream);
  const silent = createServer(() => {});
  const callee = await listenLocally(silent);
  const traceId = 'a'.repeat(32);

  // What comes in
  await send(`${url}/quick/${at('path')}?${at('name of a query parameter')}=${at('query')}#x`, {
    headers: {
      host: at('host'),
      'user-agent': at('user agent'),
      authorization: `Bearer ${at('authorization')}`,
      'proxy-authorization': at('proxy authorization'),
      cookie: `session=${at('cookie')}`,
      'x-api-key': at('API key'),
      [at('header name')]: at('header value'),
      referer: `https://example.com/${at('referer')}`,
      'x-forwarded-for': at('forwarded for'),
      'x-forwarded-host': at('forwarded host'),
      'x-forwarded-proto': at('forwarded proto'),
      'x-serverless-authorization': at('serverless authorization'),
      'traced-deadline-ms': at('deadline'),
      traceparent: `00-${traceId}-${'b'.repeat(16)}-01`,
      tracestate: `vendor=${at('tracestate')}`,
      baggage: `user=${at('baggage')}`,
    },
  });
  await send(`${url}/quick/1`, {
    headers: {
      traceparent: `00-${traceId}-${at('bad traceparent')}-01`,
      tracestate: `=${at('bad tracestate')}`,
      'traced-parent': at('bad caller context'),
      'x-cloud-trace-context': `${traceId}/${at('bad X-Cloud-Trace-Context')};o=1`,
    },
  });
  // What a careless service logs itself
  await send(`${url}/careless?key=${at('query that is logged')}`, {
    headers: {
      authorization: `Bearer ${at('authorization that is logged')}`,
      cookie: `session=${at('cookie that is logged')}`,
      'x-goog-api-key': at('API key that is logged'),
    },
  });
  const json = { 'content-type': 'application/json' };
  const body = JSON.stringify({ password: at('JSON body'), [at('JSON key')]: 1 });
  await send(`${url}/body`, { method: 'POST', headers: json, body });
  await send(`${url}/body`, { method: 'POST', headers: json, body: at('malformed JSON') });
  await send(`${url}/body`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `${at('form field name')}=${at('form field')}`,
  });
  await send(`${url}/body`, {
    method: 'POST',
    headers: { 'content-type': `text/${at('content type')}` },
    body: at('body of an unknown type'),
  });
  await send(`${url}/${at('path of an unknown route')}?key=${at('query of an unknown route')}`);
  await sendRaw(url, `GET /quick/%E0%A4%A?key=${at('query of a malformed URL')} HTTP/1.1`);
  await sendRaw(url, `GET /quick/1 HTTP/1.1 ${at('malformed request line')}`);

  // What goes out, well and ill
  const fetching = async (how: string, target: string): Promise<void> => {
    await send(`${url}/fetch/${how}`, { headers: { 'x-target': target } });
  };
  const good = `/down/${at('path of an outgoing call')}?key=${at('query of an outgoing call')}`;
  await fetching('thrown', `${outside}${good}#${at('fragment of an outgoing call')}`);
  for (const how of ['thrown', 'logged']) {
    await fetching(
      how,
      `http://user:${at(`userinfo, ${how}`)}@127.0.0.1/?key=${at(`query beside it, ${how}`)}`,
    );
    await fetching(how, `http://127.0.0.1:1/?key=${at(`query of a refused call, ${how}`)}`);
    await fetching(how, `http://[?key=${at(`query of a malformed call, ${how}`)}`);
    await fetching(how, `ftp://127.0.0.1/?key=${at(`query of another scheme, ${how}`)}`);
  }
  await send(`${url}/late`, { headers: { 'x-callee': callee, 'x-key': at('query of a late call') } });

  // What a model is asked and answers
  const prompt = at('prompt');
  const gemini = await GeminiServer.start(
    answering(saying(at('answer of a model'))),
    failing(500, 'INTERNAL', `cannot answer ${prompt}`),
  );
  const asking = { headers: { 'x-target': gemini.url, 'x-key': at('Gemini key'), 'x-prompt': prompt } };
  expect((await send(`${url}/gemini`, asking)).body).toBe(at('answer of a model'));
  expect((await send(`${url}/gemini`, asking)).status).toBe(500);
  gemini.close();
  for (const server of [downstream, silent]) {
    server.close();
    server.closeAllConnections();
  }
}

async function sendRaw(url: string, requestLine: string): Promise<void> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(`${requestLine}\r\nhost: a\r\nconnection: close\r\n\r\n`);
  await text(socket);
}

interface Watch {
  readonly env: Record<string, string>;
  /** All that has been exported. */
  readonly exported: () => string;
  readonly close: () => unknown;
}

async function watchOtlp(): Promise<Watch> {
  const collector = new Collector();
  const google = await Google.start();
  const env = { ...google.env('otlp'), ...(await collector.env()) };
  const close = async (): Promise<void> => {
    collector.close();
    await google.dispose();
  };
  return { env, exported: () => collector.text, close };
}

async function watchCloudTrace(): Promise<Watch> {
  const google = await Google.start();
  const env = { ...google.env('gcp_trace'), GOOGLE_CLOUD_PROJECT: 'p-1' };
  return { env, exported: () => JSON.stringify(google.spans), close: () => google.dispose() };
}

describe.each([
  ['OTLP', watchOtlp],
  ['Cloud Trace', watchCloudTrace],
])('of the secrets in every place of a request, with %s,', (exporter, start) => {
  const canaries = new Canaries();
  let found: Record<Place, string[]>;
  let stderr: string;
  let watch: Watch;
  afterAll(() => watch.close());

  beforeAll(async () => {
    watch = await start();
    const service = await ChildService.start(bundleService(), watch.env);
    await sing(service.url, canaries);
    service.signal('SIGTERM');
    await service.exit();
    stderr = service.stderr;
    found = {
      spans: canaries.foundIn(watch.exported()),
      log: canaries.foundIn(JSON.stringify(service.lines)),
    };
  });

  test.each<Place>(['spans', 'log'])('those in the %s are the ones that are there by design', (place) => {
    const expected = canaries.places.filter((name) => BY_DESIGN[name]?.includes(place));
    expect(found[place]).toEqual(
      exporter === 'Cloud Trace' ? expected.filter((name) => name !== 'tracestate') : expected,
    );
  });

  test('there were at least 20, and none is on stderr', () => {
    expect(canaries.places.length).toBeGreaterThanOrEqual(20);
    expect(stderr).toBe('');
  });
});
