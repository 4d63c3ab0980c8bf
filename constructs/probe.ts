import type {
  CloudRunV2ServiceTemplateContainersLivenessProbe,
  CloudRunV2ServiceTemplateContainersStartupProbe,
} from '@cdktf/provider-google/lib/cloud-run-v2-service';
import { HEALTH_PATH } from '../services/telemetry/settings';
import { checkNumber, ValidationError } from './validation';

export interface ProbeOptions {
  /**
   * Port to ask, 1 to 65535. A sidecar's probe must name it.
   *
   * @default - the port that the service is called on
   */
  readonly port?: number;
  /**
   * Seconds before the first attempt.
   *
   * @default 0
   */
  readonly initialDelaySec?: number;
  /**
   * Seconds between attempts.
   *
   * @default - 1 of a startup probe, 10 of a liveness probe
   */
  readonly periodSec?: number;
  /**
   * Seconds after which an attempt has failed, at most `periodSec`.
   *
   * @default - 1 of a startup probe, 5 of a liveness probe
   */
  readonly timeoutSec?: number;
  /**
   * Failed attempts in a row after which the container is replaced.
   *
   * @default - 60 of a startup probe, 3 of a liveness probe
   */
  readonly failureThreshold?: number;
}

export interface GrpcProbeOptions extends ProbeOptions {
  /**
   * `service` of the gRPC health checking protocol.
   *
   * @default - the server as a whole
   */
  readonly service?: string;
}

type HttpQuestion = { readonly httpGet: { readonly path: string; readonly port?: number } };
type TcpQuestion = { readonly tcpSocket: { readonly port?: number } };
type GrpcQuestion = { readonly grpc: { readonly service?: string; readonly port?: number } };

/** Tells when a container has started. A start may take a minute unless the options say otherwise. */
export class StartupProbe {
  /** Asks for a path that answers with 200 to 399. */
  static http(path: string, options: ProbeOptions = {}): StartupProbe {
    return new StartupProbe({ httpGet: { path, ...portOf(options) } }, options);
  }

  /** Connects to the port. */
  static tcp(options: ProbeOptions = {}): StartupProbe {
    return new StartupProbe({ tcpSocket: portOf(options) }, options);
  }

  /** Asks by the gRPC health checking protocol. */
  static grpc(options: GrpcProbeOptions = {}): StartupProbe {
    return new StartupProbe({ grpc: { ...serviceOf(options), ...portOf(options) } }, options);
  }

  private constructor(
    readonly question: HttpQuestion | TcpQuestion | GrpcQuestion,
    readonly options: ProbeOptions,
  ) {}
}

/** Tells whether a container still works. One that has not for half a minute is replaced, unless the options say otherwise. */
export class LivenessProbe {
  /** Asks for a path that answers with 200 to 399. */
  static http(path: string, options: ProbeOptions = {}): LivenessProbe {
    return new LivenessProbe({ httpGet: { path, ...portOf(options) } }, options);
  }

  /** Asks by the gRPC health checking protocol. */
  static grpc(options: GrpcProbeOptions = {}): LivenessProbe {
    return new LivenessProbe({ grpc: { ...serviceOf(options), ...portOf(options) } }, options);
  }

  /** Asks nothing: a container that hangs stays. */
  static none(): LivenessProbe {
    return new LivenessProbe(undefined, {});
  }

  private constructor(
    readonly question: HttpQuestion | GrpcQuestion | undefined,
    readonly options: ProbeOptions,
  ) {}
}

/**
 * Paths at which a service says whether it is well, the most telling first: those that its probes ask for on the port it
 * is called on, `/health` where there is none.
 */
export function healthPaths(
  port: number,
  livenessProbe: LivenessProbe,
  startupProbe: StartupProbe,
): readonly [string, ...string[]] {
  const [first, ...others] = new Set(
    [livenessProbe, startupProbe].flatMap(({ question }) =>
      question && 'httpGet' in question && (question.httpGet.port ?? port) === port
        ? [question.httpGet.path]
        : [],
    ),
  );
  return [first ?? HEALTH_PATH, ...others];
}

interface ProbeTimes {
  readonly periodSec: number;
  readonly timeoutSec: number;
  readonly failureThreshold: number;
  /** Longest period, timeout and delay. */
  readonly maxSec: number;
}

/** Times of a probe that says nothing else, and Cloud Run's limits (Cloud Run, "Configure container health checks"). */
const STARTUP: ProbeTimes = { periodSec: 1, timeoutSec: 1, failureThreshold: 60, maxSec: 240 };
const LIVENESS: ProbeTimes = { periodSec: 10, timeoutSec: 5, failureThreshold: 3, maxSec: 3600 };
/** All attempts of a startup probe together. */
const MAX_STARTUP_SEC = 240;
const MAX_PORT = 65_535;
/** The API takes any 32-bit number; a container that may fail longer than a day is not probed. */
const MAX_FAILURES = 86_400;

/**
 * The probe as an argument of a container, none where there is none; what Cloud Run would fill in by itself is written
 * out. Throws TCR004 or TCR025 when Cloud Run would refuse it.
 */
export function renderStartupProbe(
  path: string,
  probe: StartupProbe | undefined,
): { startupProbe?: CloudRunV2ServiceTemplateContainersStartupProbe } {
  if (!probe) return {};
  const { question, options } = probe;
  checkPath(path, 'startupProbe', question);
  const times = renderTimes(path, 'startupProbe', options, STARTUP);
  const wholeSec = times.periodSeconds * times.failureThreshold;
  if (wholeSec > MAX_STARTUP_SEC) {
    throw new ValidationError(
      'TCR025',
      path,
      `'startupProbe' may take ${MAX_STARTUP_SEC} s in all, got ${wholeSec} s: a periodSec of ` +
        `${times.periodSeconds} and a failureThreshold of ${times.failureThreshold}; lower one of them`,
    );
  }
  return { startupProbe: { ...question, ...times } };
}

/** The same of a liveness probe. */
export function renderLivenessProbe(
  path: string,
  probe: LivenessProbe | undefined,
): { livenessProbe?: CloudRunV2ServiceTemplateContainersLivenessProbe } {
  if (!probe?.question) return {};
  const { question, options } = probe;
  checkPath(path, 'livenessProbe', question);
  return { livenessProbe: { ...question, ...renderTimes(path, 'livenessProbe', options, LIVENESS) } };
}

function renderTimes(path: string, name: string, options: ProbeOptions, defaults: ProbeTimes) {
  const initialDelaySeconds = options.initialDelaySec ?? 0;
  const periodSeconds = options.periodSec ?? defaults.periodSec;
  const timeoutSeconds = options.timeoutSec ?? Math.min(defaults.timeoutSec, periodSeconds);
  const failureThreshold = options.failureThreshold ?? defaults.failureThreshold;
  const rule = { min: 1, max: defaults.maxSec, literal: true };
  if (options.port !== undefined) checkNumber(path, `${name}.port`, options.port, { min: 1, max: MAX_PORT });
  checkNumber(path, `${name}.initialDelaySec`, initialDelaySeconds, { ...rule, min: 0 });
  checkNumber(path, `${name}.periodSec`, periodSeconds, rule);
  checkNumber(path, `${name}.timeoutSec`, timeoutSeconds, rule);
  checkNumber(path, `${name}.failureThreshold`, failureThreshold, { ...rule, max: MAX_FAILURES });
  if (timeoutSeconds > periodSeconds) {
    throw new ValidationError(
      'TCR025',
      path,
      `'${name}.timeoutSec' must not be above its periodSec of ${periodSeconds}, got ${timeoutSeconds}; ` +
        'an attempt must end before the next one starts',
    );
  }
  return { initialDelaySeconds, periodSeconds, timeoutSeconds, failureThreshold };
}

function checkPath(path: string, name: string, question: HttpQuestion | TcpQuestion | GrpcQuestion): void {
  if (!('httpGet' in question) || question.httpGet.path.startsWith('/')) return;
  throw new ValidationError(
    'TCR025',
    path,
    `'${name}' must ask for a path that starts with '/', got '${question.httpGet.path}'`,
  );
}

function portOf({ port }: ProbeOptions): { port?: number } {
  return port === undefined ? {} : { port };
}

function serviceOf({ service }: GrpcProbeOptions): { service?: string } {
  return service === undefined ? {} : { service };
}
