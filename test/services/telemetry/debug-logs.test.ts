import { fastify, type FastifyInstance } from 'fastify';
import { createLogs } from '../../../services/telemetry/log';
import { send } from './http';
import { traceThisProcess, type TracedProcess } from './traced-process';

let lines: string[];
let traced: TracedProcess;
let app: FastifyInstance;

const ENV = { OTEL_SERVICE_NAME: 'gateway', TRACED_DEBUG_LOGS: 'true' };

const messages = (): unknown[] => lines.map((line) => JSON.parse(line).message);

async function serve(env: Record<string, string>): Promise<string> {
  lines = [];
  traced = traceThisProcess(env);
  const { log } = createLogs({ ...ENV, ...env }, { write: (line) => lines.push(line) });
  app = fastify();
  app.get('/good', () => {
    log.debug('debug');
    log.info('info');
    return 'good';
  });
  app.get('/broken', () => {
    log.debug({ step: 1 }, 'before');
    log.info('info');
    log.child({ part: 'child' }).debug('after');
    throw new Error('broken');
  });
  app.get('/chatty', () => {
    for (let line = 0; line < 1_000; line += 1) log.debug(`line ${line} ${'x'.repeat(100)}`);
    throw new Error('broken');
  });
  return app.listen({ host: '127.0.0.1', port: 0 });
}

afterEach(async () => {
  await app.close();
  await traced.stop();
});

describe('debug lines of a request', () => {
  test('are written when its trace turns out worth keeping, as they were', async () => {
    const url = await serve({ OTEL_TRACES_SAMPLER_ARG: '0' });
    await send(`${url}/broken`);
    await traced.spans();
    expect(messages()).toEqual(['info', 'before', 'after']);
    const [info, before, after] = lines.map((line) => JSON.parse(line));
    expect(before).toMatchObject({ severity: 'DEBUG', step: 1 });
    expect(before['logging.googleapis.com/trace']).toBe(info['logging.googleapis.com/trace']);
    expect(after).toMatchObject({ severity: 'DEBUG', part: 'child' });
    expect(before.timestamp <= info.timestamp).toBe(true);
  });

  test('are never written when its trace is not kept', async () => {
    const url = await serve({ OTEL_TRACES_SAMPLER_ARG: '0' });
    await send(`${url}/good`);
    await send(`${url}/good`);
    await traced.spans();
    expect(messages()).toEqual(['info', 'info']);
  });

  test('are written at once when the ratio keeps its trace', async () => {
    const url = await serve({ OTEL_TRACES_SAMPLER_ARG: '1' });
    await send(`${url}/good`);
    expect(messages()).toEqual(['debug', 'info']);
  });

  test('are bounded, the newest are kept, and the rest is counted', async () => {
    const url = await serve({ OTEL_TRACES_SAMPLER_ARG: '0' });
    await send(`${url}/chatty`);
    await traced.spans();
    const [first, ...rest] = messages();
    expect(first).toBe(
      `${1_000 - rest.length} debug lines of a kept request did not fit into 20480 characters`,
    );
    expect(String(rest.at(-1))).toMatch(/^line 999 /);
    expect(lines.slice(1).join('').length).toBeLessThanOrEqual(20_480);
  });

  test('are not written where nobody asked for them', async () => {
    const url = await serve({ OTEL_TRACES_SAMPLER_ARG: '1', TRACED_DEBUG_LOGS: 'false' });
    await send(`${url}/broken`);
    expect(messages()).toEqual(['info']);
  });
});

test('debug lines outside of requests are not written', () => {
  const written: string[] = [];
  const { log } = createLogs(ENV, { write: (line) => written.push(line) });
  log.debug('debug');
  log.info('info');
  expect(written).toHaveLength(1);
});
