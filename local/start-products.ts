import { createServer } from 'node:https';
import { join } from 'node:path';
import { ImageStore } from './artifact-registry/image-store';
import { startRegistryServer } from './artifact-registry/registry-server';
import { Repositories } from './artifact-registry/repositories';
import type { Cleanup } from './cleanup';
import { RUN_DIRECTORY } from './data-directory';
import { FaultRules, type FaultRuleSet } from './faults/fault-rules';
import { Iam } from './iam/iam';
import { Tokens } from './iam/tokens';
import { LogMetrics } from './logging/log-metrics';
import type { LogEntry } from './logging/log-store';
import type { Alert } from './monitoring/alert';
import { AlertEvaluator, EVALUATION_INTERVAL_MS } from './monitoring/alert-evaluator';
import { Monitoring } from './monitoring/monitoring';
import { createCertificateAuthority } from './network/certificate-authority';
import { startEgressProxy } from './network/egress-proxy';
import { closeHttpServer, listenOnLoopback } from './network/loopback-server';
import { CloudRun } from './run/cloud-run';
import { writeContainerPreload } from './run/container-preload';
import type { SecretRef } from './run/service-spec';
import { SecretManager } from './secret-manager/secret-manager';
import { ServiceUsage } from './service-usage/service-usage';
import { CloudStorage } from './storage/cloud-storage';
import { startStorageServer } from './storage/storage-server';
import type { TerraformPointers } from './terraform-environment';
import { startProviderServer } from './terraform/provider-server';
import { ResourceError } from './terraform/resource-type';
import { type Products, resourceTypes } from './terraform/resource-types';
import { CloudTraceServer } from './trace/cloud-trace-server';
import { otlpHttpHandler } from './trace/otlp-http';
import { PeerSpans } from './trace/peer-spans';
import { WRITER_ROLE } from './trace/trace-access';
import type { TraceStore } from './trace/trace-store';
import { vertexAiApi, vertexAiHosts } from './vertex-ai/vertex-ai-api';

export interface ProductsOptions {
  /** What the products keep goes into folders of it. */
  readonly dataDirectory: string;
  readonly traces: TraceStore;
  /** Faults to inject; none without it. */
  readonly faults?: FaultRuleSet | undefined;
  readonly onLog: (entry: LogEntry) => void;
  /** Told when an alert policy fires. */
  readonly onAlert: (alert: Alert) => void;
  /** Told of failures of the local cloud itself. */
  readonly onInternalError: (error: unknown) => void;
}

export interface RunningProducts {
  readonly products: Products;
  readonly alerts: AlertEvaluator;
  readonly terraform: TerraformPointers;
}

/** Starts every product of the local cloud and the way Terraform and containers reach it; `cleanup` learns how to end it. */
export async function startProducts(options: ProductsOptions, cleanup: Cleanup): Promise<RunningProducts> {
  const { dataDirectory, traces, onAlert, onInternalError } = options;
  const tls = await createCertificateAuthority(dataDirectory);
  const iam = new Iam();
  const tokens = new Tokens();
  const authenticate = (token: string): string | undefined => tokens.emailOfAccessToken(token);

  const logMetrics = new LogMetrics();
  const monitoring = new Monitoring();
  const alerts = new AlertEvaluator({
    logMetrics,
    monitoring,
    spansReceived: () => traces.receivedSpans,
    now: () => Date.now(),
    onFired: onAlert,
  });
  // What goes wrong with an alert is told, and never reaches the request that it is about.
  const evaluating = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      onInternalError(error);
    }
  };
  const evaluation = setInterval(() => evaluating(() => alerts.evaluate()), EVALUATION_INTERVAL_MS);
  cleanup.defer(() => clearInterval(evaluation));
  const onLog = (entry: LogEntry): void => {
    options.onLog(entry);
    evaluating(() => alerts.record(entry));
  };

  const peerSpans = new PeerSpans(traces);
  cleanup.defer(() => peerSpans.dispose());

  const faults = new FaultRules(options.faults);
  const storage = new CloudStorage(join(dataDirectory, 'storage'), faults);
  const storageServer = await startStorageServer({
    storage,
    iam,
    authenticate,
    regionOf: (token) => tokens.regionOf(token),
    onSpan: (span) => peerSpans.add(span),
    onInternalError,
    tls,
  });
  cleanup.defer(() => storageServer.close());

  const access = {
    authenticate,
    mayWrite: (email: string, projectId: string): boolean =>
      iam.allows([`//cloudresourcemanager.googleapis.com/projects/${projectId}`], [WRITER_ROLE], email),
  };
  const cloudTrace = await CloudTraceServer.start({ ...tls, ...access, traces });
  cleanup.defer(() => cloudTrace.dispose());
  const answerOtlp = otlpHttpHandler({ traces, access });
  const telemetry = createServer(tls, (request, response) => void answerOtlp(request, response));
  const telemetryPort = await listenOnLoopback(telemetry);
  cleanup.defer(() => closeHttpServer(telemetry));

  const serviceUsage = new ServiceUsage();
  const vertexAi = createServer(
    tls,
    vertexAiApi({
      iam,
      authenticate,
      isEnabled: (projectId, api) => serviceUsage.isEnabled(projectId, api),
      faults,
      regionOf: (token) => tokens.regionOf(token),
      onSpan: (span) => peerSpans.add(span),
      onInternalError,
    }),
  );
  const vertexAiPort = await listenOnLoopback(vertexAi);
  cleanup.defer(() => closeHttpServer(vertexAi));

  const routes = new Map([
    ['storage.googleapis.com:443', storageServer.port],
    ['cloudtrace.googleapis.com:443', cloudTrace.port],
    ['telemetry.googleapis.com:443', telemetryPort],
    ...vertexAiHosts().map((host): [string, number] => [`${host}:443`, vertexAiPort]),
  ]);
  const proxy = await startEgressProxy({
    routes,
    onRefused: (message) => onLog(egressEntry(message)),
  });
  cleanup.defer(() => proxy.close());

  const images = await ImageStore.open(join(dataDirectory, 'images'));
  const registry = await startRegistryServer(images);
  cleanup.defer(() => registry.close());

  const secretManager = new SecretManager();
  const run = new CloudRun({
    directory: join(dataDirectory, RUN_DIRECTORY),
    images,
    iam,
    tokens,
    network: {
      proxyUrl: proxy.url,
      caFile: tls.caFile,
      preloadFile: await writeContainerPreload(dataDirectory),
    },
    resolveSecret: (secret, serviceAccount) => readSecret(secretManager, iam, secret, serviceAccount),
    onLog,
    faults,
    onSpan: (span) => traces.add([span]),
    onPeerSpan: (span) => peerSpans.add(span),
  });
  cleanup.defer(() => run.dispose());

  const products: Products = {
    iam,
    logMetrics,
    monitoring,
    repositories: new Repositories(),
    run,
    secretManager,
    serviceUsage,
    storage,
  };
  const provider = await startProviderServer({ products, resourceTypes, onFault: onInternalError });
  cleanup.defer(() => provider.close());

  return {
    products,
    alerts,
    terraform: {
      reattach: provider.reattach,
      registryUrl: registry.url,
      proxyUrl: proxy.url,
      caFile: tls.caFile,
    },
  };
}

/** Everybody's connections meet at the proxy, so the entry names no service. */
function egressEntry(message: string): LogEntry {
  const timestamp = new Date().toISOString();
  return {
    timestamp,
    severity: 'WARNING',
    log: 'system',
    service: 'egress',
    revision: '',
    location: '',
    message,
  };
}

/** Roles that read secrets, on the secret or the project (cloud.google.com/secret-manager/docs/access-control). */
const SECRET_READERS = ['roles/secretmanager.secretAccessor', 'roles/secretmanager.admin'];

function readSecret(
  secretManager: SecretManager,
  iam: Iam,
  { projectId, secret, version }: SecretRef,
  serviceAccount: string,
): string {
  const name = `projects/${projectId}/secrets/${secret}`;
  const resources = [
    `//secretmanager.googleapis.com/${name}`,
    `//cloudresourcemanager.googleapis.com/projects/${projectId}`,
  ];
  if (!iam.allows(resources, SECRET_READERS, serviceAccount)) {
    throw new ResourceError(
      `Permission denied on secret ${name}/versions/${version} for revision service account ${serviceAccount}. ` +
        `Grant it ${SECRET_READERS[0]} on the secret before the service is created.`,
    );
  }
  const value = secretManager.access(projectId, secret, version);
  if (value === undefined)
    throw new ResourceError(`Secret ${name}/versions/${version} was not found or is not enabled.`);
  return value;
}
