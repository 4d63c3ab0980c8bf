import type { Config } from '../../helpers/terraform';
import { TerraformWorkspace } from '../../helpers/terraform';
import { account, metric, Things } from './fixtures';

/** Everything that must be refused before anything is created. */
const REFUSALS: readonly {
  readonly mistake: string;
  readonly config: Config;
  readonly summary: string;
  readonly detail: string;
}[] = [
  {
    mistake: 'a misspelt argument',
    config: accountWith({ displayname: 'x' }),
    summary: 'Extraneous JSON object property',
    detail: 'No argument or block type is named "displayname". Did you mean "display_name"?',
  },
  {
    mistake: 'a misspelt argument in a nested block',
    config: metricWith({
      metric_kind: 'DELTA',
      value_type: 'INT64',
      labels: { key: 'k', value_typ: 'STRING' },
    }),
    summary: 'Extraneous JSON object property',
    detail: 'No argument or block type is named "value_typ". Did you mean "value_type"?',
  },
  {
    mistake: 'a missing required argument',
    config: { resource: { google_service_account: { a: { display_name: 'x' } } } },
    summary: 'Missing required argument',
    detail: 'The argument "account_id" is required, but no definition was found.',
  },
  {
    mistake: 'a value of the wrong type',
    config: accountWith({ disabled: 'perhaps' }),
    summary: 'Incorrect attribute value type',
    detail: 'Inappropriate value for attribute "disabled": a bool is required.',
  },
  {
    mistake: 'a resource type without behaviour',
    config: { resource: { google_sql_database_instance: { a: { name: 'x', settings: [{ tier: 't' }] } } } },
    summary: 'google_sql_database_instance is not supported by the local cloud',
    detail: 'Supported are: google_logging_metric, google_service_account.',
  },
  {
    mistake: 'a resource type that google does not have',
    config: { resource: { google_made_up: { a: {} } } },
    summary: 'Invalid resource type',
    detail: 'The provider hashicorp/google does not support resource type "google_made_up".',
  },
  {
    mistake: 'a data source',
    config: { data: { google_project: { p: { project_id: 'x' } } }, ...accountWith({}) },
    summary: 'The data source google_project is not supported by the local cloud',
    detail: 'No data source is.',
  },
  {
    mistake: 'a project that is not local',
    config: { provider: { google: { project: 'prod-1234', region: 'europe-west1' } }, ...accountWith({}) },
    summary: 'The local cloud has only projects whose ids start with "local-"',
    detail: 'The project of this google provider is "prod-1234".',
  },
  {
    mistake: 'no project',
    config: { provider: { google: {} }, ...accountWith({}) },
    summary: 'The local cloud has only projects whose ids start with "local-"',
    detail: 'The project of this google provider is not set.',
  },
  {
    mistake: 'a misspelt argument of the provider',
    config: { provider: { google: { project: 'local-test', regoin: 'x' } }, ...accountWith({}) },
    summary: 'Extraneous JSON object property',
    detail: 'No argument or block type is named "regoin". Did you mean "region"?',
  },
  {
    mistake: 'an attribute that is only computed',
    config: accountWith({ email: 'me@example.com' }),
    summary: 'email cannot be set',
    detail: 'Its value is decided automatically. Remove it from the configuration.',
  },
  {
    mistake: 'a value that is not among the possible ones',
    config: metricWith({ metric_kind: 'SIDEWAYS', value_type: 'INT64' }),
    summary: 'metric_descriptor.0.metric_kind cannot be "SIDEWAYS"',
    detail: 'Allowed are "DELTA", "GAUGE", "CUMULATIVE".',
  },
  {
    mistake: 'such a value in a set',
    config: metricWith({
      metric_kind: 'DELTA',
      value_type: 'INT64',
      labels: { key: 'k', value_type: 'MAP' },
    }),
    summary: 'metric_descriptor.0.labels.0.value_type cannot be "MAP"',
    detail: 'Allowed are "BOOL", "INT64", "STRING".',
  },
];

function accountWith(more: Config): Config {
  return { resource: { google_service_account: { a: { account_id: 'gateway', ...more } } } };
}

function metricWith(descriptor: Config): Config {
  return {
    resource: { google_logging_metric: { m: { name: 'm', filter: 'f', metric_descriptor: descriptor } } },
  };
}

describe('a plan', () => {
  const things = new Things();
  let workspace: TerraformWorkspace;

  beforeAll(async () => {
    workspace = await TerraformWorkspace.open({ products: { things }, resourceTypes: [account, metric] });
  });
  afterAll(() => workspace.dispose());

  it.each(REFUSALS)('refuses $mistake before anything is created', async ({ config, summary, detail }) => {
    // GIVEN
    await workspace.configure(config);

    // WHEN
    const applied = await workspace.apply();

    // THEN
    expect(applied.ok).toBe(false);
    expect(applied.diagnostics).toEqual([
      expect.objectContaining({ severity: 'error', summary, detail: expect.stringContaining(detail) }),
    ]);
    expect(things.calls).toEqual([]);
    expect(things.existing.size).toBe(0);
  });

  it('points at the argument that is refused', async () => {
    // GIVEN
    await workspace.configure(metricWith({ metric_kind: 'SIDEWAYS', value_type: 'INT64' }));

    // WHEN
    const { diagnostics } = await workspace.validate();

    // THEN
    expect(diagnostics[0]?.snippet?.context).toBe('resource.google_logging_metric.m.metric_descriptor');
  });

  it('accepts an empty text for an optional value of few, as the real provider does', async () => {
    // GIVEN
    const labels = { key: 'k', value_type: '' };
    await workspace.configure(metricWith({ metric_kind: 'DELTA', value_type: 'INT64', labels }));

    // WHEN
    const { diagnostics } = await workspace.validate();

    // THEN
    expect(diagnostics).toEqual([]);
  });

  it('refuses an empty text for a required one', async () => {
    // GIVEN
    await workspace.configure(metricWith({ metric_kind: '', value_type: 'INT64' }));

    // WHEN
    const { diagnostics } = await workspace.validate();

    // THEN
    expect(diagnostics.map(({ summary }) => summary)).toEqual([
      'metric_descriptor.0.metric_kind cannot be ""',
    ]);
  });

  it('accepts numbers and booleans that are written as text, as Terraform does', async () => {
    // GIVEN
    await workspace.configure(accountWith({ disabled: 'true' }));

    // WHEN
    const { ok, planned } = await workspace.plan();

    // THEN
    expect(ok).toBe(true);
    expect(planned['google_service_account.a']?.['disabled']).toBe(true);
  });
});
