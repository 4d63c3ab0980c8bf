import { App } from 'cdktf';
import { ValidationError } from '../constructs';
import { ConfigError } from './config';

/**
 * Synthesizes the app that `compose` fills. What a person has to mend is told on standard error without a stack, and the
 * exit code is 1.
 */
export function synthesize(compose: (app: App) => void): void {
  try {
    const app = new App();
    compose(app);
    app.synth();
  } catch (error) {
    const told = whatToMend(error);
    if (told === undefined) throw error;
    console.error(told);
    process.exitCode = 1;
  }
}

function whatToMend(error: unknown): string | undefined {
  if (error instanceof ConfigError || error instanceof ValidationError) return error.message;
  // cdktf throws an error of no class of its own, whose advice is to skip the validations.
  const [title, ...lines] = error instanceof Error ? error.message.split('\n') : [];
  if (title !== 'Validation failed with the following errors:') return undefined;
  return lines.filter((line) => line.startsWith('  [')).join('\n');
}
