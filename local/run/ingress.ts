import type { ServiceSpec } from './service-spec';

/**
 * Why a request does not get in by the service's ingress, which Cloud Run answers with 404 before anything else
 * (cloud.google.com/run/docs/securing/ingress); undefined when it does. Other services of the project are outside as well
 * unless they send their traffic through a VPC network, which the local cloud has none of, nor a load balancer.
 */
export function ingressRefusal({ ingress, name }: ServiceSpec): string | undefined {
  if (ingress === 'INGRESS_TRAFFIC_ALL') return undefined;
  return (
    `the ingress of service '${name}' is ${ingress}, and the request came neither through a VPC network nor a load ` +
    'balancer, which the local cloud does not have'
  );
}
