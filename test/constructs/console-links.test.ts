import { TerraformOutput, TerraformVariable } from 'cdktf';
import { traceExplorerLink } from '../../constructs';
import { synth, testStack } from '../helpers/synth';
import { tracesShownBy } from '../helpers/trace-link';

describe('a link to the Trace explorer', () => {
  test('shows every trace of the project where no service is named', () => {
    expect(traceExplorerLink('my-project')).toBe(
      'https://console.cloud.google.com/traces/explorer?project=my-project',
    );
  });

  test('shows the spans of the services that are named', () => {
    const link = traceExplorerLink('my-project', ['web', 'store']);
    expect(tracesShownBy(link)).toEqual({
      resourceContainer: 'projects/my-project',
      spanDataValue: 'SPAN_DURATION',
      spanFilters: {
        attributes: [],
        displayNames: [],
        isRootSpan: false,
        kinds: [],
        maxDuration: '',
        minDuration: '',
        services: ['web', 'store'],
        status: [],
      },
    });
    expect(link).toMatch(
      /^https:\/\/console\.cloud\.google\.com\/traces\/explorer;query=[\w%.-]*\?project=my-project$/,
    );
  });

  test('takes a project that is known at deployment only', () => {
    const stack = testStack();
    const { stringValue } = new TerraformVariable(stack, 'project', { type: 'string' });
    new TerraformOutput(stack, 'link', { value: traceExplorerLink(stringValue, ['web']) });
    expect(synth(stack).outputs['link']?.['value']).toMatch(
      /projects%2F\$\{var\.project\}%22.*\?project=\$\{var\.project\}$/,
    );
  });
});
