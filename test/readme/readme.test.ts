import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addresses, synth, testApp } from '../helpers/synth';
import { generatedSections, README_FILE, replaceSection } from '../helpers/readme';
import { ComposedExample } from './composed-example';
import { PipelineExample } from './pipeline-example';

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

  test('counts what its example creates', () => {
    const example = synth(new PipelineExample(testApp(), 'example'));
    const count = (type: string): number => addresses(example, type).length;
    expect(generatedSections()['example']).toContain(
      `creates: ${count('google_cloud_run_v2_service')} services, ${count('google_service_account')} service accounts, ` +
        `${count('google_project_iam_member')} project grants, ` +
        `${count('google_cloud_run_v2_service_iam_member')} invoker grants, ${count('google_storage_bucket')} bucket, ` +
        `${count('google_storage_bucket_iam_member')} bucket grant`,
    );
  });

  test('shows a composed service that synthesizes, with all it says', () => {
    const example = synth(new ComposedExample(testApp(), 'example'));
    expect(addresses(example, 'google_cloud_run_v2_service')).toEqual(['google_cloud_run_v2_service.orders']);
    expect(addresses(example, 'google_monitoring_slo')).toHaveLength(2);
  });
});
