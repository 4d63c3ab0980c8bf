import { readProviderConfig } from '../../../local/terraform/provider-config';
import { UNKNOWN } from '../../../local/terraform/resource-type';
import type { Attributes, Value } from '../../../local/terraform/resource-type';

function read(config: Attributes) {
  return readProviderConfig({ project: 'local-test', region: null, default_labels: null, ...config });
}

describe('the provider block', () => {
  it('gives the project, the region and how labels are set', () => {
    expect(read({ region: 'europe-west1', default_labels: { team: 'a' } })).toEqual({
      projectId: 'local-test',
      region: 'europe-west1',
      defaultLabels: { team: 'a' },
      attributionLabel: 'on-create',
    });
  });

  it.each([
    [{ add_terraform_attribution_label: false }, 'never'],
    [{ terraform_attribution_label_addition_strategy: 'PROACTIVE' }, 'always'],
    [{ terraform_attribution_label_addition_strategy: 'CREATION_ONLY' }, 'on-create'],
  ])('with %p sets the attribution label %s', (config, attributionLabel) => {
    expect(read(config)).toMatchObject({ attributionLabel });
  });

  it.each<[string, Value, string]>([
    ['project', UNKNOWN, 'The local cloud has only projects whose ids start with "local-"'],
    ['project', 'prod-local-', 'The local cloud has only projects whose ids start with "local-"'],
    ['region', UNKNOWN, '"region" of the google provider is not known yet'],
    ['default_labels', UNKNOWN, '"default_labels" of the google provider is not known yet'],
    ['default_labels', { team: UNKNOWN }, '"default_labels" of the google provider is not known yet'],
  ])('is refused with %s %p', (name, value, summary) => {
    expect(read({ [name]: value })).toEqual([expect.objectContaining({ summary, path: [name] })]);
  });
});
