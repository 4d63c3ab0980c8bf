import { createServer } from 'node:http';
import { within } from '../../../services/telemetry/within';
import { listenLocally, send } from './http';

test('work in time gives its outcome', async () => {
  await expect(within(1_000, Promise.resolve(1), 'late')).resolves.toBe(1);
  await expect(within(1_000, Promise.reject(new Error('broken')), 'late')).rejects.toThrow('broken');
});

test('work that never ends is given up', async () => {
  await expect(within(1, new Promise(() => {}), 'late')).rejects.toThrow('late');
});

test('an answer that came while the process was stopped is still read', async () => {
  // GIVEN a server that answers and then stops the whole process beyond the time
  const server = createServer((_request, response) => {
    response.end('ok');
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 800));
  });
  const url = await listenLocally(server);
  // WHEN somebody waits for it, THEN the answer counts
  await expect(within(100, send(url), 'late')).resolves.toMatchObject({ body: 'ok' });
  server.close();
});
