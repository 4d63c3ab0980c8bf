/** What Monitoring keeps, in the shape of its API. Durations are such as `60s`. */

export interface AlertPolicy {
  /** `projects/P/alertPolicies/N` */
  readonly name: string;
  readonly displayName: string;
  readonly combiner: string;
  /** Absent is enabled. */
  readonly enabled?: boolean;
  readonly severity?: string;
  readonly conditions: readonly AlertCondition[];
  /** Resource names of channels. */
  readonly notificationChannels?: readonly string[];
  readonly userLabels?: Readonly<Record<string, string>>;
  readonly documentation?: {
    readonly content?: string;
    readonly mimeType?: string;
    readonly subject?: string;
    readonly links?: readonly { readonly displayName?: string; readonly url?: string }[];
  };
  readonly alertStrategy?: {
    readonly autoClose?: string;
    readonly notificationPrompts?: readonly string[];
    readonly notificationRateLimit?: { readonly period?: string };
    readonly notificationChannelStrategy?: readonly {
      readonly notificationChannelNames?: readonly string[];
      readonly renotifyInterval?: string;
    }[];
  };
  readonly creationRecord: {
    /** RFC 3339. */
    readonly mutateTime: string;
    readonly mutatedBy: string;
  };
}

/** Exactly one of the `condition…` members is present. */
export interface AlertCondition {
  /** `projects/P/alertPolicies/N/conditions/M` */
  readonly name: string;
  readonly displayName: string;
  readonly conditionThreshold?: ThresholdCondition;
  readonly conditionAbsent?: AbsentCondition;
  readonly conditionMatchedLog?: MatchedLogCondition;
  readonly conditionPrometheusQueryLanguage?: PrometheusCondition;
}

interface Aggregation {
  readonly alignmentPeriod?: string;
  readonly perSeriesAligner?: string;
  readonly crossSeriesReducer?: string;
  readonly groupByFields?: readonly string[];
}

interface Trigger {
  readonly count?: number;
  readonly percent?: number;
}

interface ThresholdCondition {
  readonly filter?: string;
  readonly aggregations?: readonly Aggregation[];
  readonly denominatorFilter?: string;
  readonly denominatorAggregations?: readonly Aggregation[];
  readonly comparison: string;
  readonly thresholdValue?: number;
  readonly duration: string;
  readonly trigger?: Trigger;
  readonly evaluationMissingData?: string;
  readonly forecastOptions?: { readonly forecastHorizon: string };
}

interface AbsentCondition {
  readonly filter?: string;
  readonly aggregations?: readonly Aggregation[];
  readonly duration: string;
  readonly trigger?: Trigger;
}

interface MatchedLogCondition {
  readonly filter: string;
  readonly labelExtractors?: Readonly<Record<string, string>>;
}

interface PrometheusCondition {
  readonly query: string;
  readonly duration?: string;
  readonly evaluationInterval?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ruleGroup?: string;
  readonly alertRule?: string;
  readonly disableMetricValidation?: boolean;
}

export interface NotificationChannel {
  /** `projects/P/notificationChannels/N` */
  readonly name: string;
  /** Such as `email`. */
  readonly type: string;
  readonly displayName?: string;
  readonly description?: string;
  /** Absent is enabled. */
  readonly enabled?: boolean;
  /** What the type needs, such as `email_address`. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly sensitiveLabels?: {
    readonly authToken?: string;
    readonly password?: string;
    readonly serviceKey?: string;
  };
  readonly userLabels?: Readonly<Record<string, string>>;
}

export interface Dashboard {
  /** `projects/P/dashboards/UUID` */
  readonly name: string;
  /** The dashboard's JSON without `name` and `etag`. */
  readonly content: Readonly<Record<string, unknown>>;
}

/** Something that has objectives. */
export interface MonitoredService {
  /** `projects/P/services/ID` */
  readonly name: string;
  readonly displayName?: string;
  readonly basicService?: {
    /** Such as `CLOUD_RUN`. */
    readonly serviceType?: string;
    readonly serviceLabels?: Readonly<Record<string, string>>;
  };
  readonly userLabels?: Readonly<Record<string, string>>;
}

/** Has either a rolling or a calendar period. */
export interface ServiceLevelObjective {
  /** `projects/P/services/ID/serviceLevelObjectives/ID` */
  readonly name: string;
  readonly displayName?: string;
  /** Above 0, at most 0.9999. */
  readonly goal: number;
  readonly rollingPeriod?: string;
  readonly calendarPeriod?: string;
  readonly serviceLevelIndicator: ServiceLevelIndicator;
  readonly userLabels?: Readonly<Record<string, string>>;
}

/** Exactly one of the members is present. */
export interface ServiceLevelIndicator {
  readonly basicSli?: {
    readonly availability?: object;
    readonly latency?: { readonly threshold: string };
    readonly location?: readonly string[];
    readonly method?: readonly string[];
    readonly version?: readonly string[];
  };
  readonly requestBased?: {
    readonly goodTotalRatio?: {
      readonly goodServiceFilter?: string;
      readonly badServiceFilter?: string;
      readonly totalServiceFilter?: string;
    };
    readonly distributionCut?: {
      readonly distributionFilter: string;
      readonly range: { readonly min?: number; readonly max?: number };
    };
  };
}

/** Is an HTTP or a TCP check. */
export interface UptimeCheck {
  /** `projects/P/uptimeCheckConfigs/ID` */
  readonly name: string;
  readonly displayName: string;
  readonly monitoredResource: { readonly type: string; readonly labels: Readonly<Record<string, string>> };
  readonly httpCheck?: Readonly<Record<string, unknown>>;
  readonly tcpCheck?: Readonly<Record<string, unknown>>;
  readonly contentMatchers?: readonly Readonly<Record<string, unknown>>[];
  readonly period: string;
  readonly timeout: string;
  readonly checkerType: string;
  readonly selectedRegions?: readonly string[];
  readonly logCheckFailures?: boolean;
  readonly userLabels?: Readonly<Record<string, string>>;
}
