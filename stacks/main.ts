import { readConfig } from './config';
import { DocumentPipelineStack } from './document-pipeline-stack';
import { synthesize } from './synthesize';

/** The app that `cdktf` synthesizes: the pipeline once per environment that cdktf.json configures. */
synthesize((app) => {
  for (const config of readConfig('cdktf.json')) new DocumentPipelineStack(app, config);
});
