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
    if (!(error instanceof ConfigError || error instanceof ValidationError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
