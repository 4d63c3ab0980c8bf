/** Values of `ingress` of the Cloud Run Admin API v2. */
type Ingress =
  | 'INGRESS_TRAFFIC_ALL'
  | 'INGRESS_TRAFFIC_INTERNAL_ONLY'
  | 'INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER';

export interface PublicAccessOptions {
  /** Why anybody may call the service. It becomes the service's description. */
  readonly reason: string;
  /**
   * Whether Cloud Run checks no caller at all, instead of letting in `allUsers`: the way where the organisation's
   * policy forbids grants to everybody.
   *
   * @default false
   */
  readonly invokerIamDisabled?: boolean;
}

/** Who can reach a service, and whether it is open to everybody. */
export class Access {
  /**
   * Reachable by its URL; Cloud Run lets in only callers that were granted it and send an ID token.
   *
   * @param members IAM members to grant it to besides those of `calls()` and `grantInvoke()`
   */
  static authenticated(members: readonly string[] = []): Access {
    return new Access('INGRESS_TRAFFIC_ALL', true, members);
  }

  /** Reachable from the project's networks only, by callers that were granted it. */
  static internal(): Access {
    return new Access('INGRESS_TRAFFIC_INTERNAL_ONLY', true);
  }

  /**
   * Reachable through an external load balancer and from the project's networks: by everybody who comes that way with
   * `options`, by callers that were granted it without. The load balancer is not made here. It is a public edge: the
   * trace context of its callers is not believed.
   */
  static loadBalancer(options?: PublicAccessOptions): Access {
    return new Access('INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER', false, [], options);
  }

  /** Open to everybody on the internet, without a token. */
  static public(options: PublicAccessOptions): Access {
    return new Access('INGRESS_TRAFFIC_ALL', false, [], options);
  }

  /** Set only when the service is open to everybody. */
  readonly publicReason: string | undefined;
  /** Whether Cloud Run checks no caller at all. */
  readonly invokerIamDisabled: boolean;

  private constructor(
    readonly ingress: Ingress,
    /** Whether every caller is a known service, so that its trace context and sampling decision may be believed. */
    readonly trustsCallers: boolean,
    /** IAM members that may call the service from its first deploy. */
    readonly members: readonly string[] = [],
    options?: PublicAccessOptions,
  ) {
    this.publicReason = options?.reason;
    this.invokerIamDisabled = options?.invokerIamDisabled ?? false;
  }

  /** Whether a service outside the VPC network reaches it by its URL. */
  get reachableByUrl(): boolean {
    return this.ingress === 'INGRESS_TRAFFIC_ALL';
  }
}
