import { ConfigError, type EnvironmentConfig, readConfig } from './config';
import { DeploymentError } from './deployment-error';

const TARGETS: readonly string[] = ['staging', 'production'];

/**
 * The environment at Google that a command is for. Throws DeploymentError or ConfigError when there is none.
 *
 * @param command as npm runs it, such as `deploy`
 * @param args of the command line; `staging` when empty
 * @param configFile path of cdktf.json
 */
export function targetOf(command: string, args: readonly string[], configFile: string): EnvironmentConfig {
  const [name = 'staging', ...rest] = args;
  if (name === 'local') {
    throw new DeploymentError("'local' is not deployed to Google; 'npm start' runs it on this machine");
  }
  if (!TARGETS.includes(name) || rest.length > 0) {
    throw new DeploymentError(
      `cannot ${command} '${args.join(' ')}'; write 'npm run ${command} -- ${TARGETS.join('|')}'`,
    );
  }
  const config = readConfig(configFile).find(({ environment }) => environment.name === name);
  if (config) return config;
  throw new ConfigError([
    `cdktf.json: context.environments.${name} is missing; write there ` +
      '{ "projectId": "...", "region": "...", "notificationEmail": "..." }',
  ]);
}
