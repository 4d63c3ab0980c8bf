import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { PackedPackage } from '../../helpers/packed-package';
import { ChildService } from './child-service';
import { listenLocally, send } from './http';

const ROOT = join(__dirname, '..', '..', '..');
const EXAMPLE = join(ROOT, 'test', 'readme', 'express-example.ts');

let packed: PackedPackage;
let project: string;

/** A project of somebody else, in which the packed package is installed beside its dependencies. */
beforeAll(async () => {
  packed = await PackedPackage.make();
  project = packed.install();
}, 60_000);

afterAll(() => packed.dispose());

test('its types are what a strict compiler expects of the example', () => {
  cpSync(EXAMPLE, join(project, 'service.ts'));
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--types', 'node', '--skipLibCheck'];
  const { stdout, status } = spawnSync(
    join(ROOT, 'node_modules', '.bin', 'tsc'),
    [...options, 'service.ts'],
    {
      cwd: project,
      encoding: 'utf8',
    },
  );
  expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
});

describe.each([
  ['CommonJS', 'cjs', 'service.cjs'],
  ['ECMAScript modules', 'esm', 'service.mjs'],
] as const)('the Express example as %s, not bundled', (_name, format, file) => {
  test('is traced by the import, and loses no span when it is stopped', async () => {
    // GIVEN
    writeFileSync(
      join(project, file),
      transformSync(readFileSync(EXAMPLE, 'utf8'), { loader: 'ts', format, target: 'node20' }).code,
    );
    let received = '';
    const collector: Server = createServer((request, response) => {
      request.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
      request.on('end', () => response.end());
    });
    const service = await ChildService.probe(join(project, file), {
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: await listenLocally(collector),
    });
    // WHEN
    const answer = await send(`${service.url}/users/7`);
    service.signal('SIGTERM');
    const end = await service.exit();
    collector.close();
    // THEN
    expect(answer.body).toBe('{"id":"7"}');
    expect(end).toEqual({ code: 0, signal: null });
    expect(service.stderr).toBe('');
    expect(received).toContain('GET /users/:id');
    expect(received).not.toContain('/health');
    const line = service.lines.find(({ message }) => message === 'user asked for');
    expect(line?.['logging.googleapis.com/trace']).toMatch(/^[0-9a-f]{32}$/);
  });
});
