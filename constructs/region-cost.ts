/**
 * What a call from one region to another costs, in words. A new connection takes a round trip for TCP (RFC 9293) and
 * one for TLS 1.3 (RFC 8446) before that of the request. Light in fibre does 200 km in a millisecond: the 7,000 to
 * 10,000 km between regions of two continents take 70 to 100 ms there and back, and cables make detours.
 */
export const CROSS_REGION_COST =
  'one round trip on an open connection and three on a new one, about 100 ms each between continents';
