import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'cdktf';
import { CloudRunPolicy, NotificationChannel, ServiceCode, TracedCloudRunService } from '../../constructs';
import { testStack } from '../helpers/synth';

/** `synth-stack.ts COUNT`: synthesizes that many services in one stack and prints the milliseconds of CPU it took. */
const count = Number(process.argv[2]);
const outdir = mkdtempSync(join(tmpdir(), 'synth-'));
const before = process.cpuUsage();

const app = new App({ outdir });
const stack = testStack('shop', app);
CloudRunPolicy.applyTo(stack);
const notify = [NotificationChannel.email(stack, 'on-call', 'on-call@example.com')];
const services = Array.from({ length: count }, (_, index) => {
  const service = new TracedCloudRunService(stack, `service-${index}`, {
    code: ServiceCode.fromImage('service@sha256:0a'),
  });
  service.addBucket('documents');
  service.addLatencyAlert({ p95Ms: 1000, notify });
  return service;
});
// A chain, in which what is before the first service is everything.
services.reduce((caller, callee, index) => {
  caller.calls(callee, { deadlineMs: 200_000 - index * 100 });
  return callee;
});
app.synth();

const { user, system } = process.cpuUsage(before);
rmSync(outdir, { recursive: true });
process.stdout.write(String((user + system) / 1000));
