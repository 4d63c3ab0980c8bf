/** google_logging_metric. */

import type { LogMetric, LogMetrics } from '../../logging/log-metrics';
import type { Attributes, Diagnostic, ResourceType } from '../resource-type';
import { ResourceError } from '../resource-type';
import { ApiObjectCodec } from './api-object-codec';
import {
  blocks,
  isSet,
  notActedOn,
  projectDiagnostics,
  refusal,
  refuseErrors,
  requiredText,
  text,
} from './attributes';
import { isObject } from '../values';
import { warnOfLogMetric } from './not-evaluated';

interface LoggingProducts {
  readonly logMetrics: LogMetrics;
}

/** Limits of https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.metrics */
const MAX_NAME_LENGTH = 100;
const MAX_FILTER_LENGTH = 20_000;
const NAME = /^(?!\/)[A-Za-z0-9_\-.,+!*',()%/]+$/;

/** `EXTRACT(field)` or `REGEXP_EXTRACT(field, "regex")`. */
const EXTRACTOR = /^\s*(EXTRACT\s*\([^,]+\)|REGEXP_EXTRACT\s*\([^,]+,[\s\S]+\))\s*$/;

const codec = new ApiObjectCodec<LogMetric>({
  name: 'value',
  filter: 'value',
  description: { default: '' },
  disabled: { default: false },
  bucket_name: 'value',
  metric_descriptor: {
    one: {
      metric_kind: 'value',
      value_type: 'value',
      unit: { default: '1' },
      display_name: { default: '' },
      labels: { many: { key: 'value', value_type: { default: 'STRING' }, description: { default: '' } } },
    },
  },
  value_extractor: 'value',
  label_extractors: 'value',
  bucket_options: {
    one: {
      linear_buckets: { one: { num_finite_buckets: 'value', width: 'value', offset: 'value' } },
      exponential_buckets: { one: { num_finite_buckets: 'value', growth_factor: 'value', scale: 'value' } },
      explicit_buckets: { one: { bounds: 'value' } },
    },
  },
});

/**
 * `google_logging_metric`. Its name is not ForceNew in the real provider: a change of it updates in place, which makes a
 * second metric and leaves the first one behind. So it is here.
 */
export const loggingMetric: ResourceType<LoggingProducts> = {
  type: 'google_logging_metric',
  // Labels are a set: any change of one is a new element, whose key is ForceNew.
  replaceOn: ['project', 'metric_descriptor.labels'],
  validate(config) {
    const diagnostics = validateMetric(config);
    const isRefused = diagnostics.some(({ severity }) => severity === 'error');
    return isRefused ? diagnostics : [...diagnostics, ...warnOfLogMetric(config)];
  },

  plan(planned, request) {
    const name = text(planned, 'name');
    if (request.prior === null && name !== undefined) planned['id'] = name;
  },

  async create(planned, { products: { logMetrics } }) {
    refuseErrors(validateMetric(planned));
    const project = requiredText(planned, 'project');
    const name = requiredText(planned, 'name');
    if (logMetrics.get(project, name)) {
      throw new ResourceError(
        `Error 409: The log-based metric "${name}" already exists in project ${project}`,
        {
          detail: 'Give this one another name.',
          path: ['name'],
        },
      );
    }
    const metric = codec.toApi(planned);
    logMetrics.put(project, metric);
    return { ...planned, ...codec.toAttributes(metric, planned), id: name };
  },

  async read(state, { products: { logMetrics } }) {
    const metric = logMetrics.get(requiredText(state, 'project'), requiredText(state, 'name'));
    return metric ? { ...state, ...codec.toAttributes(metric, state) } : null;
  },

  async update(planned, _prior, { products: { logMetrics } }) {
    refuseErrors(validateMetric(planned));
    const metric = codec.toApi(planned);
    logMetrics.put(requiredText(planned, 'project'), metric);
    return { ...planned, ...codec.toAttributes(metric, planned) };
  },

  async delete(state, { products: { logMetrics } }) {
    logMetrics.delete(requiredText(state, 'project'), requiredText(state, 'name'));
  },
};

function validateMetric(config: Attributes): Diagnostic[] {
  return [
    ...projectDiagnostics(config),
    ...validateNameAndFilter(config),
    ...validateDescriptor(config),
    ...validateExtractors(config),
    ...validateBucketOptions(config),
    ...notActedOn(config, {
      bucket_name: 'Log buckets are not modelled: there is one store for all entries.',
    }),
  ];
}

function validateNameAndFilter(config: Attributes): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const name = text(config, 'name');
  if (name !== undefined && (name.length > MAX_NAME_LENGTH || !NAME.test(name))) {
    diagnostics.push(
      refusal(
        ['name'],
        `"${name}" cannot be a log-based metric's name`,
        `It has ${name.length} characters. Allowed are 1 to ${MAX_NAME_LENGTH} letters, digits and _-.,+!*',()%/, not starting with "/".`,
      ),
    );
  }
  const filter = text(config, 'filter');
  if (filter !== undefined && (filter.trim() === '' || filter.length > MAX_FILTER_LENGTH)) {
    diagnostics.push(
      refusal(
        ['filter'],
        filter.trim() === '' ? 'A log-based metric needs a filter' : 'The filter is too long',
        `It has ${filter.length} characters; allowed are 1 to ${MAX_FILTER_LENGTH}.`,
      ),
    );
  }
  return diagnostics;
}

function validateDescriptor(config: Attributes): Diagnostic[] {
  return blocks(config, 'metric_descriptor').flatMap((descriptor) => {
    const diagnostics: Diagnostic[] = [];
    const kind = text(descriptor, 'metric_kind');
    if (kind !== undefined && kind !== 'DELTA') {
      diagnostics.push(
        refusal(
          ['metric_descriptor', 0, 'metric_kind'],
          `A log-based metric cannot be ${kind}`,
          'Log-based metrics count what has happened since the last point: write "DELTA".',
        ),
      );
    }
    const valueType = text(descriptor, 'value_type');
    if (valueType !== undefined && valueType !== 'INT64' && valueType !== 'DISTRIBUTION') {
      diagnostics.push(
        refusal(
          ['metric_descriptor', 0, 'value_type'],
          `A log-based metric cannot be of type ${valueType}`,
          'Write "INT64" to count log entries, or "DISTRIBUTION" to record the values found in them.',
        ),
      );
    }
    if (valueType === 'DISTRIBUTION' && !isSet(config, 'value_extractor')) {
      diagnostics.push(
        refusal(
          ['value_extractor'],
          'A DISTRIBUTION metric needs a value extractor',
          'It says which value of a log entry is recorded, such as REGEXP_EXTRACT(httpRequest.latency, "([0-9.]+)s").',
        ),
      );
    }
    return diagnostics;
  });
}

function validateExtractors(config: Attributes): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const valueExtractor = text(config, 'value_extractor');
  if (valueExtractor !== undefined && !EXTRACTOR.test(valueExtractor)) {
    diagnostics.push(refusal(['value_extractor'], `"${valueExtractor}" is not an extractor`, EXTRACTOR_HELP));
  }
  const given = config['label_extractors'];
  const extractors = isObject(given) ? given : {};
  for (const [label, extractor] of Object.entries(extractors)) {
    if (typeof extractor === 'string' && !EXTRACTOR.test(extractor)) {
      diagnostics.push(
        refusal(
          ['label_extractors'],
          `"${extractor}" is not an extractor for the label "${label}"`,
          EXTRACTOR_HELP,
        ),
      );
    }
  }
  const declared = declaredLabels(config);
  if (!declared || (isSet(config, 'label_extractors') && !isObject(given))) return diagnostics;
  for (const label of declared.filter((key) => !(key in extractors))) {
    diagnostics.push(
      refusal(
        ['label_extractors'],
        `The label "${label}" has no extractor`,
        `Every label of "metric_descriptor" needs one in "label_extractors", such as ${label} = "EXTRACT(...)".`,
      ),
    );
  }
  for (const label of Object.keys(extractors).filter((key) => !declared.includes(key))) {
    diagnostics.push(
      refusal(
        ['label_extractors'],
        `The extractor "${label}" belongs to no label`,
        'Declare the label in a "labels" block of "metric_descriptor".',
      ),
    );
  }
  return diagnostics;
}

const EXTRACTOR_HELP = 'Write EXTRACT(field) or REGEXP_EXTRACT(field, "regex with one group").';

/** The keys of the declared labels; undefined when not all are known yet. */
function declaredLabels(config: Attributes): string[] | undefined {
  if (!Array.isArray(config['metric_descriptor'])) return undefined;
  const descriptor = blocks(config, 'metric_descriptor')[0];
  if (!descriptor) return config['metric_descriptor'].length === 0 ? [] : undefined;
  if (!Array.isArray(descriptor['labels'])) return undefined;
  const keys = blocks(descriptor, 'labels').map((label) => text(label, 'key'));
  return keys.length === descriptor['labels'].length && keys.every((key) => key !== undefined)
    ? keys
    : undefined;
}

function validateBucketOptions(config: Attributes): Diagnostic[] {
  return blocks(config, 'bucket_options').flatMap((options) => {
    const layouts = ['linear_buckets', 'exponential_buckets', 'explicit_buckets'].filter((name) =>
      isSet(options, name),
    );
    if (layouts.length === 1) return [];
    return [
      refusal(
        ['bucket_options'],
        'A metric has one bucket layout',
        `Write exactly one of "linear_buckets", "exponential_buckets" and "explicit_buckets"; got ${layouts.length}.`,
      ),
    ];
  });
}
