/** A control server that keeps its traces in a directory, until it is killed. Argument: the directory. */
import { ControlServer } from '../../../local/control/control-server';
import { KeptTraces } from '../../../local/kept-traces';
import { LogStore } from '../../../local/logging/log-store';
import { TraceStore } from '../../../local/trace/trace-store';

const [, , directory = ''] = process.argv;

void (async () => {
  const traces = new TraceStore();
  const logs = new LogStore();
  const kept = new KeptTraces({ directory, traces, logs, onProblem: (...said) => console.error(...said) });
  const server = await ControlServer.start({
    port: 0,
    startId: 'kept',
    status: () => ({}),
    traces,
    logs,
    clearTraces: () => kept.clear(),
    alerts: () => undefined,
    graph: () => ({ nodes: [], edges: [] }),
    shutdown: () => undefined,
  });
  process.stdout.write(`${server.url}\n`);
})();
