import { resources } from '@opentelemetry/sdk-node';
import {
  ATTR_SERVICE_NAME,
  CLOUD_PLATFORM,
  CLOUD_PROVIDER,
  FAAS_NAME,
  FAAS_VERSION,
  GCP_PROJECT_ID,
} from './attributes';
import type { Environment, TelemetrySettings } from './settings';

/**
 * Who sends the spans: from the settings and Cloud Run's own variables, without asking the metadata server. What somebody
 * has written into OTEL_RESOURCE_ATTRIBUTES counts for more than what is found here.
 */
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
      ...(service ? cloudRun : {}),
      ...settings.resourceAttributes,
      [ATTR_SERVICE_NAME]: settings.serviceName,
      [GCP_PROJECT_ID]: settings.projectId,
    }),
  );
}
