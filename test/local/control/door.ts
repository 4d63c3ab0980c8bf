import { ControlServer } from '../../../local/control/control-server';
import type { Instance } from '../../../local/control/instance-file';
import { LogStore } from '../../../local/logging/log-store';
import { TraceStore } from '../../../local/trace/trace-store';

/** A control server with nothing behind it, and the instance that it answers for. */
export async function startDoor(startId: string): Promise<{ instance: Instance; dispose(): Promise<void> }> {
  const server = await ControlServer.start({
    port: 0,
    startId,
    status: () => ({}),
    traces: new TraceStore(),
    logs: new LogStore(),
    clearTraces: () => undefined,
    alerts: () => undefined,
    graph: () => ({ nodes: [], edges: [] }),
    shutdown: () => undefined,
  });
  const instance = {
    pid: process.pid,
    startId,
    url: server.url,
    startedAt: '2026-03-01T09:30:00.000Z',
    projectDirectory: '/projects/pipeline',
  };
  return { instance, dispose: () => server.dispose() };
}
