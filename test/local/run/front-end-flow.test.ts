import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { CloudRunFixture, isRequestLog, nextChunk, program, responseTo } from './cloud-run-fixture';

let cloud: CloudRunFixture;
beforeEach(async () => {
  cloud = await CloudRunFixture.open();
});
afterEach(() => cloud.dispose());

describe('a request that takes longer than the service allows', () => {
  it('is answered 504, and the container goes on working', async () => {
    // GIVEN a container that goes on when its caller has gone
    const uri = await cloud.serve(
      'slow',
      program(`(request, response) => {
        response.on('close', () => console.log('went on after ' + (response.writableEnded ? 'answering' : 'being left')));
        if (request.url === '/quick') response.end('quick');
      }`),
      { timeoutSec: 1 },
    );

    // WHEN
    const response = await fetch(uri);

    // THEN
    expect(response.status).toBe(504);
    expect(await response.text()).toBe('upstream request timeout');
    await cloud.line('went on after being left');
    const entry = await cloud.logged(isRequestLog);
    expect(entry).toMatchObject({
      severity: 'ERROR',
      message: 'no response within 1 s',
      httpRequest: { status: 504 },
    });
    expect(await (await fetch(`${uri}/quick`)).text()).toBe('quick');
    expect(cloud.logs.filter(({ message }) => message.startsWith('Container'))).toEqual([]);
  });

  it('is broken off when its response has begun', async () => {
    const uri = await cloud.serve('endless', program(`(request, response) => response.write('begun')`), {
      timeoutSec: 1,
    });
    const response = await fetch(uri);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('terminated');
  });
});

describe('bodies', () => {
  it('stream in both directions at once', async () => {
    // GIVEN
    const uri = await cloud.serve('mirror', program('(request, response) => request.pipe(response)'));
    const sent = request(uri, { method: 'POST' });

    // WHEN each chunk is sent only after the one before has come back
    sent.write('one');
    const response = await responseTo(sent);
    const one = await nextChunk(response);
    sent.end('two');
    const two = await nextChunk(response);

    // THEN
    expect([one, two]).toEqual(['one', 'two']);
    response.resume();
    expect((await cloud.logged(isRequestLog)).httpRequest).toMatchObject({
      requestSize: '6',
      responseSize: '6',
    });
  });

  it('arrive whole with a GET that has one', async () => {
    const uri = await cloud.serve('mirror', program('(request, response) => request.pipe(response)'));
    const sent = request(uri, { method: 'GET', headers: { 'transfer-encoding': 'chunked' } }).end('unusual');
    const response = await responseTo(sent);
    expect(await text(response)).toBe('unusual');
  });

  it('are not delayed by a container that answers before it has read them', async () => {
    const uri = await cloud.serve(
      'picky',
      program(`(request, response) => { response.statusCode = 413; response.end('too large'); }`),
    );
    const response = await fetch(uri, { method: 'POST', body: Buffer.alloc(1_000_000) });
    expect([response.status, await response.text()]).toEqual([413, 'too large']);
  });
});

describe('a client that goes away', () => {
  const PATIENT = program(`(request, response) => {
    console.log('began');
    if (request.url === '/during') response.write('some');
    response.on('close', () => console.log('closed'));
  }`);

  it('before the response is noticed by the container', async () => {
    // GIVEN
    const uri = await cloud.serve('patient', PATIENT);
    const client = new AbortController();
    const answer = fetch(uri, { signal: client.signal });
    await cloud.line('began');

    // WHEN
    client.abort();

    // THEN
    await expect(answer).rejects.toThrow('aborted');
    await cloud.line('closed');
    expect(await cloud.logged(isRequestLog)).toMatchObject({
      severity: 'WARNING',
      httpRequest: { status: 499 },
    });
  });

  it('in the middle of its own body is noticed by the container', async () => {
    // GIVEN
    const uri = await cloud.serve('patient', PATIENT);
    const sent = request(uri, { method: 'POST' }).on('error', () => undefined);
    sent.write('half of it');
    await cloud.line('began');

    // WHEN
    sent.destroy();

    // THEN
    await cloud.line('closed');
    expect(await cloud.logged(isRequestLog)).toMatchObject({
      httpRequest: { status: 499, requestSize: '10' },
    });
  });

  it('during the response is noticed by the container', async () => {
    // GIVEN
    const uri = await cloud.serve('patient', PATIENT);
    const client = new AbortController();
    await fetch(`${uri}/during`, { signal: client.signal });

    // WHEN
    client.abort();

    // THEN
    await cloud.line('closed');
    expect(await cloud.logged(isRequestLog)).toMatchObject({
      message: 'the connection ended before the response did',
      httpRequest: { status: 200, responseSize: '4' },
    });
  });
});

describe('a container that goes away', () => {
  it('in the middle of its response breaks off the response', async () => {
    const uri = await cloud.serve(
      'dying',
      program(`(request, response) => { response.write('some', () => process.exit(1)); }`),
    );
    const response = await fetch(uri);
    await expect(response.text()).rejects.toThrow('terminated');
    expect((await cloud.logged(isRequestLog)).message).toMatch(/^the container broke off its response/);
  });
});

describe('a container whose answer is none', () => {
  it.each([
    ['HTTP/1.1 099 Odd', 'the container answered with status 99, which is none of HTTP'],
    [
      'HTTP/1.1 101 Switching Protocols\\r\\nconnection: upgrade\\r\\nupgrade: echo',
      'the container changed to another protocol, which the local cloud does not pass on',
    ],
  ])('%s is 503 at once for its caller', async (head, message) => {
    const uri = await cloud.serve(
      'odd',
      `
        const answer = (socket) => socket.on('error', () => {}).once('data', () => socket.write('${head}\\r\\n\\r\\n'));
        require('node:net').createServer(answer).listen(Number(process.env.PORT), '127.0.0.1');
        process.on('SIGTERM', () => process.exit(0));
      `,
    );
    const response = await fetch(uri);
    expect(response.status).toBe(503);
    expect((await cloud.logged(isRequestLog)).message).toBe(message);
  });
});

describe('concurrency', () => {
  const GATE = program(
    `(request, response) => {
      if (request.url === '/open') { for (const each of waiting.splice(0)) each.end('done'); return response.end(); }
      waiting.push(response);
      console.log('now ' + waiting.length);
    }`,
    'const waiting = [];',
  );

  it('is kept by a queue of ten times as many, and 429 for the rest', async () => {
    // GIVEN a container that serves one at a time and answers when its caller has had enough
    const uri = await cloud.serve('narrow', GATE, { concurrency: 1 });
    const clients = Array.from({ length: 12 }, () => new AbortController());
    const answers = clients.map(async (client) => {
      try {
        return (await fetch(uri, { signal: client.signal })).status;
      } catch {
        return 'gone';
      }
    });

    // WHEN the one that is refused has its answer and the others go away
    expect(await Promise.race(answers)).toBe(429);
    await cloud.line('now 1');
    for (const client of clients) client.abort();

    // THEN
    expect((await Promise.all(answers)).filter((answer) => answer === 'gone')).toHaveLength(11);
    expect(await cloud.logged((entry) => isRequestLog(entry) && entry.message !== '')).toMatchObject({
      severity: 'WARNING',
      message: expect.stringContaining('The request was aborted because there was no available instance'),
    });
    expect(cloud.logs.some(({ message }) => message === 'now 2')).toBe(false);
    await cloud.logged(() => cloud.logs.filter(isRequestLog).length === clients.length);
    expect((await fetch(`${uri}/open`)).status).toBe(200);
  });
});
