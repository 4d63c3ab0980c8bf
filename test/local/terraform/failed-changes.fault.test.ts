import type { Config } from '../../helpers/terraform';
import { applyAndSettle, succeeded, TerraformWorkspace } from '../../helpers/terraform';
import { ResourceError } from '../../../local/terraform/resource-type';
import { account, Things } from './fixtures';

const ADDRESS = 'google_service_account.a';

function accounts(accounts: Record<string, Config>): Config {
  return { resource: { google_service_account: accounts } };
}

describe('A change that fails', () => {
  let things: Things;
  let workspace: TerraformWorkspace;
  let faults: unknown[];

  beforeEach(async () => {
    things = new Things();
    faults = [];
    workspace = await TerraformWorkspace.open({
      products: { things },
      resourceTypes: [account],
      onFault: (error) => faults.push(error),
    });
  });
  afterEach(() => workspace.dispose());

  it('leaves nothing in the state when a creation failed and nothing came of it', async () => {
    // GIVEN
    things.onCreate = () =>
      Promise.reject(new ResourceError('Error 409: exists', { detail: 'Take another name.' }));
    await workspace.configure(accounts({ a: { account_id: 'one' } }));

    // WHEN
    const { ok, diagnostics } = await workspace.apply();

    // THEN
    expect(ok).toBe(false);
    expect(diagnostics).toEqual([
      expect.objectContaining({
        address: ADDRESS,
        summary: 'Error 409: exists',
        detail: 'Take another name.',
      }),
    ]);
    expect(await workspace.state()).toEqual({});
    expect(faults).toEqual([]);
  });

  it('taints what exists although its creation failed, and replaces it next time', async () => {
    // GIVEN
    const config = accounts({ a: { account_id: 'one' } });
    things.onCreate = (planned) => {
      const created = { ...planned, unique_id: '0', name: 'v0', member: 'm' };
      things.existing.set('one@local-test', created);
      return Promise.reject(new ResourceError('Error: it does not start', { state: created }));
    };
    await workspace.configure(config);
    await workspace.apply();
    expect(await workspace.tainted()).toEqual([ADDRESS]);

    // WHEN
    things.onCreate = () => Promise.resolve();
    const { actions } = succeeded(await workspace.plan());

    // THEN
    expect(actions).toEqual({ [ADDRESS]: 'replace' });
    await applyAndSettle(workspace, config);
    expect(await workspace.tainted()).toEqual([]);
  });

  it('keeps the prior state when an update is refused, and points at what was refused', async () => {
    // GIVEN
    await applyAndSettle(workspace, accounts({ a: { account_id: 'one', display_name: 'fine' } }));
    await workspace.configure(accounts({ a: { account_id: 'one', display_name: 'refused' } }));

    // WHEN
    const { diagnostics } = await workspace.apply();

    // THEN
    expect(diagnostics).toEqual([
      expect.objectContaining({
        summary: 'Error 400: no such name',
        detail: 'Take another.',
        address: ADDRESS,
      }),
    ]);
    expect((await workspace.state())[ADDRESS]).toMatchObject({ display_name: 'fine' });
  });

  it('keeps a resource whose deletion failed', async () => {
    // GIVEN
    await applyAndSettle(workspace, accounts({ a: { account_id: 'one' } }));
    things.onDelete = () => Promise.reject(new ResourceError('Error 400: it is protected'));

    // WHEN
    const { ok, diagnostics } = await workspace.destroy();

    // THEN
    expect(ok).toBe(false);
    expect(diagnostics[0]?.summary).toBe('Error 400: it is protected');
    expect(Object.keys(await workspace.state())).toEqual([ADDRESS]);
  });

  it('reports a crash with its stack, and goes on serving', async () => {
    // GIVEN
    const crash = new TypeError('cannot read what is not there');
    things.onCreate = () => Promise.reject(crash);
    const config = accounts({ a: { account_id: 'one' } });
    await workspace.configure(config);

    // WHEN
    const { ok, text } = await workspace.apply();

    // THEN
    expect(ok).toBe(false);
    expect(text).toContain('The local cloud has a fault: TypeError: cannot read what is not there');
    expect(faults).toEqual([crash]);
    things.onCreate = () => Promise.resolve();
    await applyAndSettle(workspace, config);
  });

  it('names the attribute when a resource type does not do as it planned', async () => {
    // GIVEN
    const other = await TerraformWorkspace.open({
      products: { things },
      resourceTypes: [
        {
          ...account,
          plan: (planned) => {
            planned['email'] = 'planned';
          },
          create: (planned) => Promise.resolve({ ...planned, id: 'x', email: 'other', disabled: true }),
        },
      ],
    });
    try {
      await other.configure(accounts({ a: { account_id: 'one', disabled: true } }));

      // WHEN
      const { diagnostics } = await other.apply();

      // THEN
      expect(diagnostics.map(({ summary }) => summary)).toEqual([
        'The local cloud has a fault: email of google_service_account has another value than was planned',
        'The local cloud has a fault: member of google_service_account has no value',
      ]);
      expect(await other.tainted()).toEqual([ADDRESS]);
    } finally {
      await other.dispose();
    }
  });

  it('records what is being created when Ctrl-C comes', async () => {
    // GIVEN
    const begun = new Gate();
    const allowed = new Gate();
    things.onCreate = async () => {
      begun.open();
      await allowed.passed;
    };
    await workspace.configure(
      accounts({ a: { account_id: 'one' }, b: { account_id: '${google_service_account.a.email}' } }),
    );

    // WHEN
    const applied = await workspace.interrupt(
      {
        signal: 'SIGINT',
        when: begun.passed,
        onOutput: (text) => {
          if (text.includes('Interrupt received')) allowed.open();
        },
      },
      'apply',
      '-auto-approve',
      '-no-color',
    );

    // THEN
    expect(applied.ok).toBe(false);
    expect(Object.keys(await workspace.state())).toEqual([ADDRESS]);
    expect(await workspace.tainted()).toEqual([]);
  });
});

class Gate {
  readonly passed: Promise<void>;
  #open: () => void = () => undefined;

  constructor() {
    this.passed = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open();
  }
}
