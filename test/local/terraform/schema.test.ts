import {
  deriveProviderSchema,
  deriveResourceSchema,
  deriveSchema,
} from '../../../local/terraform/schema/derive';
import {
  GeneratedLayoutError,
  readAllTypes,
  readSource,
} from '../../../local/terraform/schema/generated-source';
import type { BlockSchema } from '../../../local/terraform/schema/schema';
import { typeOfBlock } from '../../../local/terraform/schema/schema';
import { supportedType } from '../../../local/terraform/schema/supported-type';
import { account, metric } from './fixtures';

function count(schema: BlockSchema): { attributes: number; blocks: number } {
  const nested = Object.values(schema.blocks).map(({ block }) => count(block));
  return {
    attributes: nested.reduce(
      (sum, { attributes }) => sum + attributes,
      Object.keys(schema.attributes).length,
    ),
    blocks: nested.reduce((sum, { blocks }) => sum + blocks, nested.length),
  };
}

describe('the schemas of google 6.50.0', () => {
  it('can be derived for every resource type, with the arguments its declaration names', () => {
    const { resources, dataSources } = readAllTypes();
    expect([resources.size, dataSources.size]).toEqual([1096, 373]);

    let attributes = 0;
    for (const [type, names] of resources) {
      const schema = deriveResourceSchema(type);
      const settable = Object.entries(schema.attributes).filter(
        ([, { optional, required }]) => optional || required,
      );
      expect([...settable.map(([name]) => name), ...Object.keys(schema.blocks)].toSorted()).toEqual(
        [...names].toSorted(),
      );
      attributes += count(schema).attributes;
    }
    expect(attributes).toBe(23_235);
  });

  // Counted in the Go source of terraform-provider-google at tag v6.50.0.
  it.each([
    ['google_cloud_run_v2_service', 130, 34],
    ['google_storage_bucket', 64, 17],
    ['google_monitoring_alert_policy', 76, 26],
    ['google_logging_metric', 26, 7],
    ['google_storage_bucket_object', 33, 3],
  ])('have for %s its %i attributes and %i blocks', (type, attributes, blocks) => {
    expect(count(deriveResourceSchema(type))).toEqual({ attributes, blocks });
  });

  it('tell lists from sets, one from many, and arguments from results', () => {
    const bucket = deriveResourceSchema('google_storage_bucket');
    expect(bucket.blocks['lifecycle_rule']).toMatchObject({ nesting: 'list', minItems: 0, maxItems: 0 });
    expect(bucket.blocks['lifecycle_rule']?.block.blocks['action']).toMatchObject({
      nesting: 'set',
      minItems: 1,
      maxItems: 1,
    });
    expect(bucket.blocks['versioning']).toMatchObject({ nesting: 'list', maxItems: 1 });
    expect(bucket.blocks['timeouts']).toMatchObject({ nesting: 'single' });

    const service = deriveResourceSchema('google_cloud_run_v2_service');
    expect(service.attributes['uri']).toMatchObject({ type: 'string', computed: true, optional: false });
    expect(service.attributes['ingress']).toMatchObject({
      computed: true,
      optional: true,
      allowedValues: expect.arrayContaining(['INGRESS_TRAFFIC_INTERNAL_ONLY']),
    });
    expect(service.attributes['labels']).toMatchObject({ type: ['map', 'string'] });
    expect(service.attributes['traffic_statuses']?.type).toEqual([
      'list',
      ['object', { percent: 'number', revision: 'string', tag: 'string', type: 'string', uri: 'string' }],
    ]);
    expect(service.blocks['template']?.minItems).toBe(1);
  });

  it('have the provider block with its nested ones', () => {
    const provider = deriveProviderSchema();
    expect(provider.attributes['project']).toMatchObject({ type: 'string', optional: true, computed: false });
    expect(provider.attributes['default_labels']).toMatchObject({ type: ['map', 'string'] });
    expect(provider.blocks['external_credentials']?.block.attributes['audience']).toMatchObject({
      required: true,
    });
  });

  it('put what a resource type says of its attributes into its schema', () => {
    const { schema, type } = supportedType(metric);
    expect(schema.blocks['metric_descriptor']?.block.attributes['unit']).toMatchObject({
      optional: true,
      computed: true,
    });
    expect(supportedType(account).schema.attributes['description']).toMatchObject({ sensitive: true });
    expect(type).toEqual(typeOfBlock(deriveResourceSchema('google_logging_metric')));
  });

  it.each([
    ['replaceOn', 'metric_descriptor.knd', "names 'knd', which its schema does not have"],
    ['changedByUpdate', 'etag', "names 'etag', which its schema does not have"],
    ['defaults', 'metric_descriptor.metric_kind', 'which is not optional'],
    ['sensitive', 'metric_descriptor', "names 'metric_descriptor', which its schema does not have"],
  ])('refuse a resource type whose %s names %s', (property, path, message) => {
    expect(() => supportedType({ ...metric, [property]: [path] })).toThrow(message);
  });
});

describe('a generated file that is not as expected', () => {
  const source = readSource('cloud-run-v2-service');

  it.each([
    ['a comment is gone', '// ingress - computed', '// ingress: computed', 'ingress has no comment'],
    [
      'a comment contradicts the rendering',
      'computed: true, optional: false',
      'computed: true, optional: true',
      '',
    ],
    ['a getter is unknown', 'getStringAttribute', 'getTextAttribute', 'is read by unknown code'],
    [
      'a type is unknown',
      'storageClassType: "stringMap"',
      'storageClassType: "textMap"',
      'unknown type textMap',
    ],
    [
      'a block has no class',
      'ContainersOutputReference',
      'ContainersReference',
      'TemplateContainers has no class',
    ],
    [
      'a block is of an unknown kind',
      'isBlock: true,\n        type: "list"',
      'isBlock: true,\n        type: "bag"',
      'bag',
    ],
    ['a block is rendered in an unknown way', 'ToHclTerraform', 'ToTfTerraform', 'is rendered by'],
    [
      'there is no resource class',
      'cdktf.TerraformResource',
      'cdktf.Something',
      'it has no resource or provider class',
    ],
  ])('is refused when %s', (_, expected, found, problem) => {
    expect(source).toContain(expected);
    const derive = () => deriveSchema(source.replaceAll(expected, found), 'lib/doctored');
    expect(derive).toThrow(GeneratedLayoutError);
    expect(derive).toThrow(problem);
    expect(derive).toThrow('lib/doctored');
  });
});
