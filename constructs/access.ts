/** Values of `ingress` of the Cloud Run Admin API v2. */
type Ingress =
  | 'INGRESS_TRAFFIC_ALL'
  | 'INGRESS_TRAFFIC_INTERNAL_ONLY'
  | 'INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER';

/** Who can reach a service, and whether it is open to everybody. */
export class Access {
  /** Reachable by its URL; Cloud Run lets in only callers that were granted it and send an ID token. */
  static authenticated(): Access {
    return new Access('INGRESS_TRAFFIC_ALL', true);
  }

  /** Reachable from the project's networks only, by callers that were granted it. */
  static internal(): Access {
    return new Access('INGRESS_TRAFFIC_INTERNAL_ONLY', true);
  }

  /**
   * Reachable through an external load balancer and from the project's networks, by callers that were granted it.
   * The load balancer is not made here. It is a public edge: the trace context of its callers is not believed.
   */
  static loadBalancer(): Access {
    return new Access('INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER', false);
  }

  /** Open to everybody on the internet, without a token. `reason` becomes the service's description. */
  static public(options: { readonly reason: string }): Access {
    return new Access('INGRESS_TRAFFIC_ALL', false, options.reason);
  }

  private constructor(
    readonly ingress: Ingress,
    /** Whether every caller is a known service, so that its trace context and sampling decision may be believed. */
    readonly trustsCallers: boolean,
    /** Set only when the service is open to everybody. */
    readonly publicReason?: string,
  ) {}

  /** Whether a service outside the VPC network reaches it by its URL. */
  get reachableByUrl(): boolean {
    return this.ingress === 'INGRESS_TRAFFIC_ALL';
  }
}
