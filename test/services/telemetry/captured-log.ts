import { createLogs, type Logs } from '../../../services/telemetry/log';

const ENV = { OTEL_SERVICE_NAME: 'gateway', GOOGLE_CLOUD_PROJECT: 'p-1', K_REVISION: 'gateway-00001' };

/** A logger of a service called `gateway` in the project `p-1`, and what it has written. */
export class CapturedLog implements Logs {
  readonly lines: string[] = [];
  readonly log: Logs['log'];
  readonly accessLog: Logs['accessLog'];

  constructor(env: Readonly<Record<string, string>> = ENV) {
    ({ log: this.log, accessLog: this.accessLog } = createLogs(env, {
      write: (line) => this.lines.push(line),
    }));
  }

  /** Each of them is one line of JSON. */
  get records(): Record<string, unknown>[] {
    return this.lines.map((line) => {
      if (line.indexOf('\n') !== line.length - 1) throw new Error(`not one line: ${line}`);
      return JSON.parse(line);
    });
  }

  get onlyRecord(): Record<string, unknown> {
    const [record, ...others] = this.records;
    if (record === undefined || others.length > 0)
      throw new Error(`${this.lines.length} lines instead of one`);
    return record;
  }
}
