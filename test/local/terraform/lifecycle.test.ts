import type { Config } from '../../helpers/terraform';
import { applyAndSettle, lifecycle, succeeded, TerraformWorkspace } from '../../helpers/terraform';
import { account, metric, Things } from './fixtures';

const ADDRESS = 'google_service_account.a';

function accounts(accounts: Record<string, Config>, more: Config = {}): Config {
  return { resource: { google_service_account: accounts }, ...more };
}

function metricOf(descriptor: Config): Config {
  return {
    resource: { google_logging_metric: { m: { name: 'm', filter: 'f', metric_descriptor: descriptor } } },
  };
}

describe('Terraform with the local provider', () => {
  let things: Things;
  let workspace: TerraformWorkspace;

  beforeEach(async () => {
    things = new Things();
    workspace = await TerraformWorkspace.open({
      products: { things },
      resourceTypes: [account, metric],
    });
  });
  afterEach(() => workspace.dispose());

  it('creates, changes in place, replaces and destroys a resource', async () => {
    const { created, updated, replaced } = await lifecycle(workspace, {
      create: accounts({ a: { account_id: 'one', display_name: 'before' } }),
      update: {
        config: accounts({ a: { account_id: 'one', display_name: 'after' } }),
        changed: { [ADDRESS]: ['display_name', 'name'] },
      },
      replace: {
        config: accounts({ a: { account_id: 'two', display_name: 'after' } }),
        replaced: { [ADDRESS]: ['account_id'] },
      },
    });

    expect(created[ADDRESS]).toMatchObject({
      email: 'one@local-test',
      project: 'local-test',
      disabled: false,
    });
    expect(updated[ADDRESS]).toMatchObject({
      unique_id: created[ADDRESS]?.['unique_id'],
      display_name: 'after',
    });
    expect(replaced[ADDRESS]).toMatchObject({ email: 'two@local-test', id: 'two@local-test' });
    expect(things.existing.size).toBe(0);
  });

  it('changes what is in nested blocks, lists and sets without touching the rest', async () => {
    const labels = [
      { key: 'b', value_type: 'STRING' },
      { key: 'a', value_type: 'INT64' },
    ];
    const { created } = await lifecycle(workspace, {
      create: metricOf({ metric_kind: 'DELTA', value_type: 'INT64', labels }),
      update: {
        config: metricOf({ metric_kind: 'DELTA', value_type: 'INT64', labels, display_name: 'x' }),
        changed: { 'google_logging_metric.m': ['metric_descriptor.0.display_name'] },
      },
      replace: {
        config: metricOf({ metric_kind: 'GAUGE', value_type: 'INT64', labels: labels.toReversed() }),
        replaced: { 'google_logging_metric.m': ['metric_descriptor.0.metric_kind'] },
      },
    });
    expect(created['google_logging_metric.m']).toMatchObject({ metric_descriptor: [{ unit: '1' }] });
  });

  it('hands on what is known only after creation', async () => {
    // GIVEN
    const config = accounts(
      {
        a: { account_id: 'one' },
        b: {
          account_id: 'two-${google_service_account.a.unique_id}',
          display_name: '${google_service_account.a.email}',
        },
      },
      { output: { email: { value: '${google_service_account.b.email}' } } },
    );
    await workspace.configure(config);

    // WHEN
    const { planned } = succeeded(await workspace.plan());

    // THEN
    expect(planned[ADDRESS]).toMatchObject({ email: 'one@local-test' });
    expect(planned['google_service_account.b']).toMatchObject({ display_name: 'one@local-test' });
    expect(planned['google_service_account.b']).not.toHaveProperty('email');
    await applyAndSettle(workspace, config);
    expect(await workspace.outputs()).toEqual({ email: 'two-1@local-test' });
  });

  it('understands count, for_each and blocks made of what is not known yet', async () => {
    await applyAndSettle(workspace, {
      resource: {
        google_service_account: {
          counted: { count: 2, account_id: 'counted-${count.index}' },
          each: { for_each: '${toset(["x", "y"])}', account_id: 'each-${each.key}' },
        },
        google_logging_metric: {
          m: {
            name: 'm',
            filter: 'f',
            metric_descriptor: {
              metric_kind: 'DELTA',
              value_type: 'INT64',
              dynamic: {
                labels: {
                  for_each: '${[google_service_account.counted[0].unique_id]}',
                  content: { key: '${labels.value}' },
                },
              },
            },
          },
        },
      },
    });

    const state = await workspace.state();
    expect(Object.keys(state).toSorted()).toEqual([
      'google_logging_metric.m',
      'google_service_account.counted[0]',
      'google_service_account.counted[1]',
      'google_service_account.each["x"]',
      'google_service_account.each["y"]',
    ]);
    expect(state['google_logging_metric.m']).toMatchObject({
      metric_descriptor: [{ labels: [{ key: state['google_service_account.counted[0]']?.['unique_id'] }] }],
    });
  });

  it('keeps the projects of aliased providers apart', async () => {
    await applyAndSettle(workspace, {
      provider: { google: [{ project: 'local-a' }, { alias: 'other', project: 'local-b' }] },
      ...accounts({ a: { account_id: 'one' }, b: { account_id: 'one', provider: 'google.other' } }),
    });

    const state = await workspace.state();
    expect(state[ADDRESS]).toMatchObject({ project: 'local-a', email: 'one@local-a' });
    expect(state['google_service_account.b']).toMatchObject({ project: 'local-b', email: 'one@local-b' });
  });

  it('replaces a resource when the project of its provider changes', async () => {
    // GIVEN
    const config = accounts({ a: { account_id: 'one' } });
    await applyAndSettle(workspace, config);

    // WHEN
    await workspace.configure({ provider: { google: { project: 'local-other' } }, ...config });

    // THEN
    expect((await workspace.plan()).replacePaths).toEqual({ [ADDRESS]: ['project'] });
  });

  it('keeps the timeouts of a resource, which no product knows', async () => {
    await applyAndSettle(workspace, accounts({ a: { account_id: 'one', timeouts: { create: '7m' } } }));
    expect((await workspace.state())[ADDRESS]).toMatchObject({ timeouts: { create: '7m' } });
  });

  it('does not print what is sensitive', async () => {
    await workspace.configure(accounts({ a: { account_id: 'one', description: 'hush' } }));
    const { text } = succeeded(await workspace.run('plan', '-no-color'));
    expect(text).toContain('(sensitive value)');
    expect(text).not.toContain('hush');
  });

  it('imports what exists and refuses what does not', async () => {
    // GIVEN
    const config = accounts({ a: { account_id: 'one' } });
    await applyAndSettle(workspace, config);
    await workspace.run('state', 'rm', ADDRESS);

    // WHEN
    const missing = await workspace.import(ADDRESS, 'two@local-test');
    const imported = await workspace.import(ADDRESS, 'one@local-test');

    // THEN
    expect(missing.text).toContain("There is no google_service_account 'two@local-test' in the local cloud");
    expect(imported.ok).toBe(true);
    expect((await workspace.plan()).actions).toEqual({});
  });

  it('says that a type without an import cannot be imported', async () => {
    await workspace.configure(metricOf({ metric_kind: 'DELTA', value_type: 'INT64' }));
    const { text } = await workspace.import('google_logging_metric.m', 'm');
    expect(text).toContain('google_logging_metric cannot be imported in the local cloud');
  });

  it('sees and repairs what was changed or deleted outside of Terraform', async () => {
    // GIVEN
    const config = accounts({ a: { account_id: 'one', display_name: 'mine' }, b: { account_id: 'two' } });
    await applyAndSettle(workspace, config);
    things.existing.set('one@local-test', {
      ...things.existing.get('one@local-test'),
      display_name: 'theirs',
    });
    things.existing.delete('two@local-test');

    // WHEN
    const { actions, changedPaths } = succeeded(await workspace.plan());

    // THEN
    expect(actions).toEqual({ [ADDRESS]: 'update', 'google_service_account.b': 'create' });
    expect(changedPaths[ADDRESS]).toEqual(['display_name', 'name']);
    await applyAndSettle(workspace, config);
    expect(things.existing.get('one@local-test')).toMatchObject({ display_name: 'mine' });
  });

  it('reads a state that another version of the schema has written', async () => {
    // GIVEN
    const config = accounts({ a: { account_id: 'one' } });
    await applyAndSettle(workspace, config);

    // WHEN
    await workspace.editState((attributes) => {
      delete attributes['member'];
      attributes['disabled'] = 'false';
      attributes['gone_since'] = 'x';
    });

    // THEN
    expect(succeeded(await workspace.plan()).actions).toEqual({});
  });

  it('applies a saved plan, and makes a no-op of it a second time', async () => {
    await workspace.configure(accounts({ a: { account_id: 'one' } }));
    succeeded(await workspace.plan());
    succeeded(await workspace.run('apply', '-json', 'plan.bin'));
    expect(things.calls).toEqual(['create one@local-test']);
    expect(succeeded(await workspace.plan('-refresh-only')).actions).toEqual({});
  });
});
