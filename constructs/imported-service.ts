import { Construct, type IConstruct } from 'constructs';
import { Access } from './access';
import { regionOf } from './google-project';
import { checkImportedService } from './service-checks';
import { freeId } from './validation';

/** A Cloud Run service as one that calls it needs it. */
export interface ITracedCloudRunService extends IConstruct {
  /** Cloud Run's name of the service. */
  readonly name: string;
  readonly region: string;
  /** Base URL, also the audience of ID tokens for it. */
  readonly uri: string;
  readonly access: Access;
  /** Project of the service where it is not the stack's own. */
  readonly projectId?: string | undefined;
}

/** What is known of a service that another stack or another team deploys. */
export interface ServiceAttributes {
  /** Cloud Run's name of the service. */
  readonly name: string;
  /** Base URL, such as `https://billing-123456789012.europe-west1.run.app`. */
  readonly uri: string;
  /**
   * Region of the service.
   *
   * @default - the region of the stack's google provider
   */
  readonly region?: string;
  /**
   * Project of the service. Whoever deploys must be allowed to grant `roles/run.invoker` there.
   *
   * @default - the project of the stack's google provider
   */
  readonly projectId?: string;
  /**
   * Who can reach the service.
   *
   * @default Access.authenticated()
   */
  readonly access?: Access;
}

/** A service of others. `TracedCloudRunService.fromServiceAttributes()` makes it; it adds no resource to the stack. */
export class ImportedService extends Construct implements ITracedCloudRunService {
  readonly name: string;
  readonly uri: string;
  readonly region: string;
  readonly access: Access;
  readonly projectId: string | undefined;

  constructor(scope: Construct, id: string, attributes: ServiceAttributes) {
    super(scope, freeId(scope, id));
    this.name = attributes.name;
    this.uri = attributes.uri;
    this.region = attributes.region ?? regionOf(this);
    this.access = attributes.access ?? Access.authenticated();
    this.projectId = attributes.projectId;
    checkImportedService(this);
  }
}
