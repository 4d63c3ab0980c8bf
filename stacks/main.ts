import { App } from 'cdktf';
import { ValidationError } from '../constructs';
import { ConfigError, readConfig } from './config';
import { DocumentPipelineStack } from './document-pipeline-stack';

/** The app that `cdktf` synthesizes: the pipeline once per environment that cdktf.json configures. */
try {
  const configs = readConfig('cdktf.json');
  const app = new App();
  for (const config of configs) new DocumentPipelineStack(app, config);
  app.synth();
} catch (error) {
  if (!(error instanceof ConfigError || error instanceof ValidationError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
