import { get } from 'node:http';
import { connect } from 'node:net';
import type { Probe } from './service-spec';

export type ProbeResult =
  | { readonly passed: true }
  /** `refused`: nothing listens on the port. */
  | { readonly passed: false; readonly refused: boolean; readonly reason: string };

/** Probes 127.0.0.1:`port` once. Never rejects. */
export function runProbe({ httpGet, timeoutSec }: Probe, port: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const settle = (result: ProbeResult): void => {
      clearTimeout(timer);
      exchange.destroy();
      resolve(result);
    };
    const fail = (reason: string): void => settle({ passed: false, refused: false, reason });
    const exchange = httpGet
      ? get({ host: '127.0.0.1', port, ...httpGet, agent: false }, ({ statusCode = 0 }) => {
          // Cloud Run takes 200 to 399 for success (cloud.google.com/run/docs/configuring/healthchecks).
          if (statusCode >= 200 && statusCode < 400) settle({ passed: true });
          else fail(`HTTP status ${statusCode}`);
        })
      : connect(port, '127.0.0.1', () => settle({ passed: true }));
    exchange.on('error', (error: NodeJS.ErrnoException) =>
      settle({ passed: false, refused: error.code === 'ECONNREFUSED', reason: error.message }),
    );
    const timer = setTimeout(() => fail(`no answer within ${timeoutSec} s`), timeoutSec * 1000);
  });
}

/** Such as `HTTP GET /healthz, 3 attempts, 10 s apart`. */
export function describeProbe({ httpGet, failureThreshold, periodSec }: Probe): string {
  const kind = httpGet ? `HTTP GET ${httpGet.path}` : 'TCP connection';
  return failureThreshold === 1
    ? `${kind}, 1 attempt within ${periodSec} s`
    : `${kind}, ${failureThreshold} attempts, ${periodSec} s apart`;
}
