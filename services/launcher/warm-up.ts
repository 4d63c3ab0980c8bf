import { spawnSync } from 'node:child_process';
import { listenOnLoopback } from './listen-on-loopback';
import { Program } from './program';
import { standIn, WARM_UP_ENVIRONMENT } from './warm-up-environment';

/**
 * `warm-up.js` of every bundle, a step of the image's build: starts the service, sends it a few requests and stores what
 * V8 has compiled, in the very image, because V8 takes no cache of another build. Never fails: a service that cannot start
 * here gets the cache of what did run, or none.
 */

/** The argument of the process in which the service runs, so that nothing it does can hold up or fail the build. */
const INSIDE = 'inside';

const TOTAL_TIMEOUT_MS = 30_000;
const LISTEN_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 2_000;

/** One that services answer, and one that nobody does. Twice, because V8 compiles some code only when it runs again. */
const PATHS = ['/health', '/not-found', '/health', '/not-found'];

if (process.argv[2] === INSIDE) void runService();
else supervise();

function supervise(): void {
  const { error, signal } = spawnSync(process.execPath, [__filename, INSIDE], {
    env: { ...process.env, ...WARM_UP_ENVIRONMENT },
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: TOTAL_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  if (error || signal) say(`no code cache: the service ended by ${error?.message ?? signal}`);
}

async function runService(): Promise<void> {
  const program = new Program(__dirname);
  let done = 'the service did not start here, so only what did run is in it';
  process.once('exit', () => {
    try {
      say(`code cache of ${program.writeCache()} bytes: ${done}`);
    } catch (error) {
      say(`no code cache: ${String(error)}`);
    }
  });
  process.env = standIn(process.env);
  const listening = listenOnLoopback();
  setTimeout(() => process.exit(), LISTEN_TIMEOUT_MS);
  program.run(module, require);

  const port = await listening;
  const answers: string[] = [];
  for (const path of PATHS) answers.push(`GET ${path} ${await ask(`http://127.0.0.1:${port}${path}`)}`);
  done = answers.join(', ');
  process.exit();
}

/** The status, or why there is none. */
async function ask(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    await response.arrayBuffer();
    return String(response.status);
  } catch (error) {
    return String(error);
  }
}

function say(text: string): void {
  process.stdout.write(`warm-up: ${text}\n`);
}
