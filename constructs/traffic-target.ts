import type { CloudRunV2ServiceTraffic } from '@cdktf/provider-google/lib/cloud-run-v2-service';
import { Token } from 'cdktf';
import { SERVICE_NAME } from './names';
import { checkNumber, ValidationError } from './validation';

export interface TrafficTargetOptions {
  /** Share of the requests, 0 to 100. All targets together have 100. */
  readonly percent: number;
  /**
   * Gives the target a URL of its own, `https://TAG---...`, whatever its share.
   *
   * @default - no URL of its own
   */
  readonly tag?: string;
}

/** A revision of a service, and the share of the requests it gets. */
export class TrafficTarget {
  /** Whatever revision was deployed last. */
  static latest(options: TrafficTargetOptions): TrafficTarget {
    return new TrafficTarget(options);
  }

  /**
   * A revision that was deployed before. Its name is chosen by Cloud Run, such as `gateway-production-00041-xyz`:
   * revisions are never named here, because a name that exists already is refused.
   */
  static revision(name: string, options: TrafficTargetOptions): TrafficTarget {
    return new TrafficTarget(options, name);
  }

  private constructor(
    readonly options: TrafficTargetOptions,
    readonly revision?: string,
  ) {}
}

/** Throws TCR027 unless the shares are 100 in all and every tag is one, used once. Tokens pass. */
export function renderTraffic(path: string, targets: readonly TrafficTarget[]): CloudRunV2ServiceTraffic[] {
  const percents = targets.map(({ options }) => options.percent);
  for (const percent of percents) checkNumber(path, 'percent', percent, { min: 0, max: 100 });
  const sum = percents.reduce((whole, percent) => whole + percent, 0);
  if (sum !== 100 && !percents.some((percent) => Token.isUnresolved(percent))) {
    throw new ValidationError(
      'TCR027',
      path,
      `the percent of all targets in 'traffic' must be 100 together, got ${percents.join(' + ') || 'no target'}`,
    );
  }
  const tags = targets.flatMap(({ options }) => options.tag ?? []);
  tags.forEach((tag, index) => checkTag(path, tag, tags.indexOf(tag) === index));
  return targets.map(({ options, revision }) => ({
    type: `TRAFFIC_TARGET_ALLOCATION_TYPE_${revision === undefined ? 'LATEST' : 'REVISION'}`,
    ...(revision !== undefined && { revision }),
    percent: options.percent,
    ...(options.tag !== undefined && { tag: options.tag }),
  }));
}

function checkTag(path: string, tag: string, isFirst: boolean): void {
  if (!isFirst) {
    throw new ValidationError(
      'TCR027',
      path,
      `the tag '${tag}' is used twice in 'traffic', and is part of a URL; give one target another tag`,
    );
  }
  if (Token.isUnresolved(tag) || SERVICE_NAME.test(tag)) return;
  throw new ValidationError(
    'TCR027',
    path,
    `a tag must be lower-case letters, digits and '-', first a letter and last no '-', got '${tag}'`,
  );
}
