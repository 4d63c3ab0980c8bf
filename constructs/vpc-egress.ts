import type { CloudRunV2ServiceTemplateVpcAccess } from '@cdktf/provider-google/lib/cloud-run-v2-service';
import { Token } from 'cdktf';
import { ValidationError } from './validation';

/** At least one of `network` and `subnetwork`. */
export interface VpcEgressOptions {
  /**
   * Name of the network, or `projects/PROJECT/global/networks/NAME`.
   *
   * @default - the network of the subnetwork
   */
  readonly network?: string;
  /**
   * Name of the subnetwork, in the service's region, or `projects/PROJECT/regions/REGION/subnetworks/NAME`.
   *
   * @default - the subnetwork that is called like the network
   */
  readonly subnetwork?: string;
  /**
   * Network tags of the service, for firewall rules.
   *
   * @default - none
   */
  readonly tags?: readonly string[];
}

/** What a service sends through a VPC network, directly, without a connector. */
export class VpcEgress {
  /**
   * Everything goes through the network. It reaches Google's APIs, and services with Access.internal(), where the
   * subnetwork has Private Google Access, and the internet where the network has Cloud NAT.
   */
  static allTraffic(options: VpcEgressOptions): VpcEgress {
    return new VpcEgress('ALL_TRAFFIC', options);
  }

  /** Requests to private addresses go through the network, everything else directly. */
  static privateRanges(options: VpcEgressOptions): VpcEgress {
    return new VpcEgress('PRIVATE_RANGES_ONLY', options);
  }

  private constructor(
    readonly egress: 'ALL_TRAFFIC' | 'PRIVATE_RANGES_ONLY',
    readonly options: VpcEgressOptions,
  ) {}
}

/** Throws TCR026 when the network is missing or the subnetwork is in another region. Tokens pass. */
export function renderVpcEgress(
  path: string,
  { egress, options }: VpcEgress,
  region: string,
): CloudRunV2ServiceTemplateVpcAccess {
  const { network, subnetwork, tags } = options;
  if (network === undefined && subnetwork === undefined) {
    throw new ValidationError(
      'TCR026',
      path,
      "'vpcEgress' needs a network or a subnetwork, got neither; write VpcEgress.allTraffic({ subnetwork: '...' })",
    );
  }
  const isKnown = subnetwork !== undefined && !Token.isUnresolved(subnetwork) && !Token.isUnresolved(region);
  const [, where = region] = (isKnown && /\/regions\/([^/]+)\/subnetworks\//.exec(subnetwork)) || [];
  if (isKnown && where !== region) {
    throw new ValidationError(
      'TCR026',
      path,
      `'vpcEgress.subnetwork' is in ${where}, and Cloud Run takes one of the service's own region only; ` +
        `write one in ${region}`,
    );
  }
  return {
    egress,
    networkInterfaces: [
      {
        ...(network !== undefined && { network }),
        ...(subnetwork !== undefined && { subnetwork }),
        ...(tags !== undefined && { tags: [...tags] }),
      },
    ],
  };
}
