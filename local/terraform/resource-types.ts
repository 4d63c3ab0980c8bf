import type { Repositories } from '../artifact-registry/repositories';
import type { Iam } from '../iam/iam';
import type { LogMetrics } from '../logging/log-metrics';
import type { Monitoring } from '../monitoring/monitoring';
import type { CloudRun } from '../run/cloud-run';
import type { SecretManager } from '../secret-manager/secret-manager';
import type { ServiceUsage } from '../service-usage/service-usage';
import type { CloudStorage } from '../storage/cloud-storage';
import type { ResourceType } from './resource-type';
import { artifactRegistryRepository } from './resources/artifact-registry';
import { cloudRunService, cloudRunServiceIamMember } from './resources/cloud-run';
import { projectIamMember, serviceAccount, serviceAccountIamMember } from './resources/iam';
import { loggingMetric } from './resources/logging';
import { alertPolicy } from './resources/monitoring-alert-policy';
import { dashboard } from './resources/monitoring-dashboard';
import { notificationChannel } from './resources/monitoring-notification-channel';
import { monitoringService } from './resources/monitoring-service';
import { slo } from './resources/monitoring-slo';
import { uptimeCheck } from './resources/monitoring-uptime-check';
import { secret, secretIamMember } from './resources/secret-manager';
import { secretVersion } from './resources/secret-manager-version';
import { projectService } from './resources/service-usage';
import { storageBucket } from './resources/storage-bucket';
import { storageBucketIamMember } from './resources/storage-bucket-iam-member';
import { storageBucketObject } from './resources/storage-bucket-object';

/** The products of the local cloud that resources are made in. */
export interface Products {
  readonly iam: Iam;
  readonly logMetrics: LogMetrics;
  readonly monitoring: Monitoring;
  readonly repositories: Repositories;
  readonly run: CloudRun;
  readonly secretManager: SecretManager;
  readonly serviceUsage: ServiceUsage;
  readonly storage: CloudStorage;
}

/** Every resource type that the local cloud has behaviour for. Others are refused by name. */
export const resourceTypes: readonly ResourceType<Products>[] = [
  alertPolicy,
  artifactRegistryRepository,
  cloudRunService,
  cloudRunServiceIamMember,
  dashboard,
  loggingMetric,
  monitoringService,
  notificationChannel,
  projectIamMember,
  projectService,
  secret,
  secretIamMember,
  secretVersion,
  serviceAccount,
  serviceAccountIamMember,
  slo,
  storageBucket,
  storageBucketIamMember,
  storageBucketObject,
  uptimeCheck,
];
