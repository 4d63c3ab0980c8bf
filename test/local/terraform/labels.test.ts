import { planLabels, readLabels } from '../../../local/terraform/labels';
import type { Attributes, ProviderConfig } from '../../../local/terraform/resource-type';
import { UNKNOWN } from '../../../local/terraform/resource-type';

function plan(
  labels: Attributes['labels'],
  prior: Attributes | null,
  provider: Partial<ProviderConfig> = {},
) {
  const planned: Attributes = { labels: labels ?? null };
  planLabels(planned, {
    config: planned,
    prior,
    provider: { projectId: 'local-test', region: null, attributionLabel: 'on-create', ...provider },
  });
  return planned;
}

const ATTRIBUTION = { 'goog-terraform-provisioned': 'true' };

describe('labels', () => {
  it("are the provider's, the attribution and the resource's own, which win", () => {
    const managed = { ...ATTRIBUTION, team: 'mine', stage: 'test' };
    expect(plan({ team: 'mine' }, null, { defaultLabels: { team: 'ours', stage: 'test' } })).toEqual({
      labels: { team: 'mine' },
      terraform_labels: managed,
      effective_labels: managed,
    });
  });

  it('get the attribution only when they are created, unless the provider says otherwise', () => {
    const prior = { labels: null, terraform_labels: {}, effective_labels: {} };
    expect(plan(null, prior)).toMatchObject({ effective_labels: {} });
    expect(plan(null, prior, { attributionLabel: 'always' })).toMatchObject({
      effective_labels: ATTRIBUTION,
    });
    expect(plan(null, null, { attributionLabel: 'never' })).toMatchObject({ effective_labels: {} });
  });

  it('keep what others have put on the resource, and drop what is no longer configured', () => {
    const prior = {
      labels: { old: '1' },
      terraform_labels: { ...ATTRIBUTION, old: '1' },
      effective_labels: { ...ATTRIBUTION, old: '1', theirs: '2' },
    };
    expect(plan({ new: '3' }, prior)).toEqual({
      labels: { new: '3' },
      terraform_labels: { ...ATTRIBUTION, new: '3' },
      effective_labels: { ...ATTRIBUTION, theirs: '2', new: '3' },
    });
  });

  it('are not known while those of the resource are not', () => {
    expect(plan(UNKNOWN, null)).toMatchObject({ terraform_labels: UNKNOWN, effective_labels: UNKNOWN });
  });

  it('show as drift what was changed on the resource, but not what was added to it', () => {
    const state = { labels: { a: '1', gone: '2' }, terraform_labels: { a: '1', gone: '2', ...ATTRIBUTION } };
    expect(readLabels(state, { a: 'changed', theirs: '3', ...ATTRIBUTION })).toEqual({
      labels: { a: 'changed' },
      terraform_labels: { a: 'changed', ...ATTRIBUTION },
      effective_labels: { a: 'changed', theirs: '3', ...ATTRIBUTION },
    });
    expect(readLabels({ labels: null, terraform_labels: null }, { a: '1' })).toMatchObject({ labels: null });
  });
});
