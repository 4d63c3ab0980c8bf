import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { ChildService } from './child-service';
import { listenLocally, send } from './http';

const ROOT = join(__dirname, '..', '..', '..');
const EXAMPLE = join(ROOT, 'test', 'readme', 'express-example.ts');

let project: string;

/** A project of somebody else, in which the packed package is installed beside its dependencies. */
beforeAll(() => {
  project = realpathSync(mkdtempSync(join(tmpdir(), 'package-')));
  const modules = join(project, 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--pack-destination', project], { cwd: ROOT, encoding: 'utf8' }),
  );
  execFileSync('tar', ['-xzf', join(project, filename), '-C', project]);
  cpSync(join(project, 'package'), join(modules, 'traced-cloud-run'), { recursive: true });
});

afterAll(() => rmSync(project, { recursive: true }));

test('the package holds compiled code and types, and nothing else', () => {
  const files = readdirSync(join(project, 'package'), { recursive: true, encoding: 'utf8' });
  const odd = files.filter((file) => !/^(?:dist.*|README\.md|LICENSE|package\.json)$/.test(file));
  expect(odd).toEqual([]);
  const exported: Record<string, Record<string, string>> = JSON.parse(
    readFileSync(join(project, 'package', 'package.json'), 'utf8'),
  ).exports;
  const targets = Object.values(exported).flatMap((conditions) => Object.values(conditions));
  for (const target of targets) expect(existsSync(join(project, 'package', target))).toBe(true);
});

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
