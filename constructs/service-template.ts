import type { CloudRunV2ServiceTemplate } from '@cdktf/provider-google/lib/cloud-run-v2-service';
import { type IResolvable, Token } from 'cdktf';
import { HEALTH_PATH } from '../services/telemetry/settings';

interface ServiceTemplateOptions {
  readonly image: string;
  /** Email of the account the service runs as. */
  readonly serviceAccount: string;
  readonly variables: IResolvable;
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly cpuIdle: boolean;
  readonly concurrency: number;
  readonly minInstances: number;
  readonly maxInstances: number;
  readonly timeoutSec: number;
}

/**
 * A revision of a service with one container. What Cloud Run would fill in by itself is written out: a value that is
 * left out shows up as a change in the next plan.
 */
export function serviceTemplate(options: ServiceTemplateOptions): CloudRunV2ServiceTemplate {
  return {
    serviceAccount: options.serviceAccount,
    timeout: `${text(options.timeoutSec)}s`,
    maxInstanceRequestConcurrency: options.concurrency,
    scaling: { minInstanceCount: options.minInstances, maxInstanceCount: options.maxInstances },
    containers: [
      {
        image: options.image,
        env: options.variables,
        resources: {
          cpuIdle: options.cpuIdle,
          limits: { cpu: text(options.cpu), memory: `${text(options.memoryMiB)}Mi` },
        },
        // A start may take a minute.
        startupProbe: {
          httpGet: { path: HEALTH_PATH },
          initialDelaySeconds: 0,
          periodSeconds: 1,
          timeoutSeconds: 1,
          failureThreshold: 60,
        },
        // An instance that has not answered for half a minute is replaced.
        livenessProbe: {
          httpGet: { path: HEALTH_PATH },
          initialDelaySeconds: 0,
          periodSeconds: 10,
          timeoutSeconds: 5,
          failureThreshold: 3,
        },
      },
    ],
  };
}

/** A number within text, which may be a token. */
function text(value: number): string {
  return Token.isUnresolved(value) ? Token.asString(value) : String(value);
}
