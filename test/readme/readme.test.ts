import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App, TerraformStack } from 'cdktf';
import { CloudRunPolicy } from '../../constructs';
import { verdictOn } from '../helpers/policy';
import { EXAMPLES, generatedSections, README_FILE, replaceSection } from '../helpers/readme';
import { addresses, cloudRunService, resource, synth, testApp } from '../helpers/synth';
import { CiImageExample } from './ci-image-example';
import { shopStacks } from './environments-example';
import { HelloStack } from './one-service-example';
import { OwnServiceExample } from './own-service-example';
import { PipelineExample } from './pipeline-example';
import { PrivateExample } from './private-example';
import { SidecarExample } from './sidecar-example';

const SERVICE = 'google_cloud_run_v2_service';
const INVOKER = 'google_cloud_run_v2_service_iam_member';

const readme = readFileSync(README_FILE, 'utf8');
const manifest: {
  readonly scripts: Record<string, string>;
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
} = JSON.parse(readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8'));

describe('the README', () => {
  test.each(Object.entries(generatedSections()))('says of %s what the code says', (name, content) => {
    expect(replaceSection(readme, name, content)).toBe(readme);
  });

  test('shows a trace from the gateway to the bucket', () => {
    const picture = /<!-- picture -->([^]*)<!-- \/picture -->/.exec(readme)?.[1] ?? '';
    for (const part of [
      'POST /process',
      'POST /documents/:id',
      'PUT /documents/:id',
      'gcs.upload',
      'document stored',
    ]) {
      expect(picture).toContain(part);
    }
  });

  test('names only commands that exist', () => {
    const named = [...readme.matchAll(/npm run ([a-z-]+)/g)].map(([, name = '']) => name);
    expect(named).not.toEqual([]);
    expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(named));
  });

  test('says of every package why it is there, and of none that is not', () => {
    const section = /## Dependencies([^]*?)\n## /.exec(readme)?.[1] ?? '';
    const named = [...section.matchAll(/`(@?[a-z][a-z0-9/.-]*)`/g)].map(([, name = '']) => name);
    const installed = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
    const explained = installed.filter((name) => !name.startsWith('@types/'));
    expect(named.toSorted()).toEqual(explained.toSorted());
  });

  test('shows every example under its title, and no code besides', () => {
    const parts = /^(?:#{2,3} (.+)|<summary>(.+)<\/summary>|<!-- (.+) -->\n\n```ts)$/gm;
    let title = '';
    const shown = [...readme.matchAll(parts)].flatMap(([, heading, summary, name]) => {
      title = heading ?? summary ?? title;
      return name === undefined ? [] : [[title, name]];
    });
    expect(shown).toEqual([
      ['Six statements', 'pipeline example'],
      ['One service', 'hello service'],
      ['One service', 'one service example'],
      ['A service of your own', 'own service example'],
      ['Staging and production', 'environments example'],
      ['An image that CI owns', 'ci image example'],
      ['Private, with a VPC network', 'private example'],
      ['With a sidecar', 'sidecar example'],
      ['Testing your own services', 'testing example'],
      ['In a service you have', 'express example'],
    ]);
    expect(shown.map(([, name]) => name)).toEqual(Object.keys(EXAMPLES));
    expect(readme.match(/^```ts$/gm)).toHaveLength(shown.length);
  });
});

describe('an example of the README', () => {
  test('counts what it creates', () => {
    const example = synth(new PipelineExample(testApp(), 'example'));
    const count = (type: string): number => addresses(example, type).length;
    expect(generatedSections()['pipeline example']).toContain(
      `creates: ${count(SERVICE)} services, ${count('google_service_account')} service accounts, ` +
        `${count('google_project_iam_member')} project grants, ` +
        `${count(INVOKER)} invoker grants, ${count('google_storage_bucket')} bucket, ` +
        `${count('google_storage_bucket_iam_member')} bucket grant`,
    );
  });

  test('is one service, from a directory to its URL', () => {
    const example = synth(new HelloStack(testApp(), 'example'));
    expect(cloudRunService(example).container.image).toMatch(/\/hello:[0-9a-f]+$/);
    expect(addresses(example, 'terraform_data')).toHaveLength(1);
    expect(addresses(example, 'google_monitoring_alert_policy')).toHaveLength(2);
    expect(example.outputs).toEqual({ url: { value: '${google_cloud_run_v2_service.hello.uri}' } });
  });

  test('is a service of your own, with all it says', () => {
    const example = synth(new OwnServiceExample(testApp(), 'example'));
    const { template, container } = cloudRunService(example);
    expect(container.env).toEqual(
      expect.arrayContaining([
        { name: 'STRIPE_KEY', value_source: { secret_key_ref: { secret: 'stripe-key', version: '3' } } },
        { name: 'ARCHIVE_BUCKET', value: 'my-archive' },
        { name: 'BILLING_URL', value: 'https://billing-x7-ew.a.run.app' },
      ]),
    );
    expect(template.volumes).toMatchObject([{ name: 'cache', empty_dir: { size_limit: '64Mi' } }]);
    expect(addresses(example, 'google_storage_bucket')).toHaveLength(1);
    expect(addresses(example, 'google_storage_bucket_iam_member')).toHaveLength(2);
    expect(addresses(example, 'google_monitoring_slo')).toHaveLength(2);
    expect(addresses(example, 'google_monitoring_uptime_check_config')).toHaveLength(1);
    expect(addresses(example, 'google_monitoring_dashboard')).toHaveLength(1);
  });

  test('is staging and production, which differ in what may be destroyed, is kept and stays warm', () => {
    const stacks = shopStacks(testApp());
    const services = stacks.map((stack) => cloudRunService(synth(stack)));
    expect(
      services.map(({ service, template, env }) => ({
        name: service.name,
        destroy: !service['deletion_protection'],
        ratio: env['OTEL_TRACES_SAMPLER_ARG'],
        warm: template.scaling['min_instance_count'],
      })),
    ).toEqual([
      { name: 'shop-staging', destroy: true, ratio: '1', warm: 0 },
      { name: 'shop-production', destroy: false, ratio: '0.1', warm: 1 },
    ]);
    // Each stack applies the policy of its environment itself.
    for (const stack of stacks) expect(verdictOn(stack)).toEqual({ errors: [], warnings: [], waived: [] });
  });

  test('leaves the image to CI, which may deploy this service and nothing else', () => {
    const example = synth(new CiImageExample(testApp(), 'example'));
    const { service } = cloudRunService(example);
    expect(readme).toContain(`gcloud run services update ${service.name} --image`);
    expect(service['lifecycle']).toMatchObject({
      ignore_changes: expect.arrayContaining(['template[0].containers[0].image']),
    });
    expect(resource(example, INVOKER)).toMatchObject({
      name: '${google_cloud_run_v2_service.api.name}',
      role: 'roles/run.developer',
    });
    expect(resource(example, 'google_service_account_iam_member')['service_account_id']).toMatch(
      /^\$\{google_service_account\.api_.*\.name\}$/,
    );
  });

  test('is closed to the internet, and open to its callers through the network', () => {
    const example = synth(new PrivateExample(testApp(), 'example'));
    const accounts = cloudRunService(example, '.accounts');
    const ledger = cloudRunService(example, '.ledger');
    expect(accounts.service['ingress']).toBe('INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER');
    expect(ledger.service['ingress']).toBe('INGRESS_TRAFFIC_INTERNAL_ONLY');
    for (const { template } of [accounts, ledger]) {
      expect(template['vpc_access']).toEqual({
        egress: 'ALL_TRAFFIC',
        network_interfaces: [{ subnetwork: 'apps' }],
      });
    }
    const grants = addresses(example, INVOKER).map((address) => example.resources[address]);
    expect(
      grants.filter((grant) => grant?.['name'] === '${google_cloud_run_v2_service.ledger.name}'),
    ).toEqual([
      expect.objectContaining({ member: expect.stringContaining('google_service_account.accounts_') }),
    ]);
  });

  test('has a sidecar that starts before the service', () => {
    const example = synth(new SidecarExample(testApp(), 'example'));
    expect(resource(example, SERVICE)).toMatchObject({
      template: {
        containers: [
          {
            name: 'service',
            depends_on: ['collector'],
            env: expect.arrayContaining([{ name: 'OTEL_TRACES_EXPORTER', value: 'otlp' }]),
          },
          { name: 'collector', volume_mounts: [{ mount_path: '/etc/otelcol' }] },
        ],
      },
    });
  });

  test.each<[string, (app: App) => TerraformStack]>([
    ['the pipeline', (app) => new PipelineExample(app, 'example')],
    ['one service', (app) => new HelloStack(app, 'example')],
    ['a service of your own', (app) => new OwnServiceExample(app, 'example')],
    ['an image that CI owns', (app) => new CiImageExample(app, 'example')],
    ['private', (app) => new PrivateExample(app, 'example')],
    ['with a sidecar', (app) => new SidecarExample(app, 'example')],
  ])('follows every rule of the policy, without a warning: %s', (_, compose) => {
    const stack = compose(testApp());
    CloudRunPolicy.applyTo(stack);
    expect(verdictOn(stack)).toEqual({ errors: [], warnings: [], waived: [] });
  });
});
