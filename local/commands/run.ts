import { types } from 'node:util';
import { UserError } from '../user-error';
import { alerts } from './alerts';
import { cdktf } from './cdktf-command';
import { clear } from './clear';
import { down } from './down';
import { explain } from './explain';
import { exportTrace } from './export';
import { logs } from './logs';
import { status } from './status';
import { traces } from './traces';

/** A command takes its own arguments and the project's directory, and returns the exit code. */
type Command = (args: string[], projectDirectory: string) => Promise<number>;

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  // The cloud itself, which no other command has to load.
  ['up', async (args, directory) => (await import('./up')).up(args, directory)],
  ['down', down],
  ['status', status],
  ['traces', traces],
  ['clear', clear],
  ['explain', explain],
  ['export', exportTrace],
  ['logs', logs],
  ['alerts', alerts],
  ['deploy', (args, directory) => cdktf('deploy', args, directory)],
  ['diff', (args, directory) => cdktf('diff', args, directory)],
  ['destroy', (args, directory) => cdktf('destroy', args, directory)],
]);

const USAGE = `usage: npm run local -- COMMAND

  up --stack ID [--send FILE --to OUTPUT/PATH] [--faults FILE] [--once] [--port N]
                       start the local cloud, deploy the stack, send a document, show its trace; inject the faults of
                       the file's rules
  up --scenario NAME [--once] [--port N]
                       have an incident of stacks/scenarios happen in place of that, and explain its trace
  status [--json]      what is deployed
  traces [--errors] [--service NAME] [--route ROUTE] [--status 504|5xx]
         [--min-duration-ms N] [--text TEXT] [--limit N] [--json]
                       the newest traces, or those that match
  traces ID [--json]   one trace as a waterfall with its logs
  explain ID [--json]  where the time of a trace went, what failed, what to change
  export ID [--to FILE]
                       a trace as OTLP JSON
  logs [--trace ID] [--service NAME] [--limit N] [--json]
  clear                drop all traces and their log entries
  alerts [--policies] [--json]
                       what has fired, or what the deployed policies make of it
  deploy | diff | destroy [STACK] [cdktf options]
                       cdktf against the running local cloud
  down                 stop it
`;

/** Runs one command line and returns its exit code. Errors a person can mend are one line; others keep their stack. */
export async function run(args: string[]): Promise<number> {
  const [name = '', ...rest] = args;
  if (name === '--help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const command = COMMANDS.get(name);
  if (!command) {
    process.stderr.write(name ? `there is no command '${name}'\n\n${USAGE}` : USAGE);
    return 1;
  }
  try {
    return await command(rest, process.cwd());
  } catch (error) {
    process.stderr.write(`${describe(error)}\n`);
    return 1;
  }
}

function describe(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  const parseError = 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  if (parseError) return `${error.message}\n\n${USAGE}`;
  return error instanceof UserError ? error.message : (error.stack ?? error.message);
}
