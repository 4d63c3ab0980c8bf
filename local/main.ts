import { run } from './commands/run';

async function main(): Promise<void> {
  // A reader that has gone away, as `head` does, or a closed terminal is no reason to leave containers running.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    });
  }
  // Set instead of exiting, so that what is still being written to a pipe gets out.
  process.exitCode = await run(process.argv.slice(2));
}

void main();
