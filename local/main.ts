import { run } from './commands/run';

async function main(): Promise<void> {
  // A reader that has gone away, as `head` does, is no reason to leave containers running.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  // Set instead of exiting, so that what is still being written to a pipe gets out.
  process.exitCode = await run(process.argv.slice(2));
}

void main();
