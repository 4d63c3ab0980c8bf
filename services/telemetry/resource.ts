import { resources } from '@opentelemetry/sdk-node';
import {
  ATTR_SERVICE_NAME,
  CLOUD_PLATFORM,
  CLOUD_PROVIDER,
  CLOUD_REGION,
  DEPLOYMENT_ENVIRONMENT_NAME,
  FAAS_NAME,
  FAAS_VERSION,
  GCP_PROJECT_ID,
} from './attributes';
import type { Environment, TelemetrySettings } from './settings';

/** Who sends the spans: from the settings and Cloud Run's own variables, without asking the metadata server. */
export function createResource(settings: TelemetrySettings, env: Environment): resources.Resource {
  const service = env['K_SERVICE'];
  const cloudRun = {
    [CLOUD_PROVIDER]: 'gcp',
    [CLOUD_PLATFORM]: 'gcp_cloud_run',
    [FAAS_NAME]: service,
    [FAAS_VERSION]: env['K_REVISION'],
  };
  return resources.defaultResource().merge(
    resources.resourceFromAttributes({
      [ATTR_SERVICE_NAME]: settings.serviceName,
      [GCP_PROJECT_ID]: settings.projectId,
      [CLOUD_REGION]: settings.region,
      [DEPLOYMENT_ENVIRONMENT_NAME]: settings.environment,
      ...(service ? cloudRun : {}),
    }),
  );
}
