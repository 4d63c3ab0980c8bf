import { Testing } from 'cdktf';
import { LocalCloud } from 'traced-cloud-run/testing';
import { GreeterStack } from './greeter-stack';

let cloud: LocalCloud;
beforeAll(async () => {
  cloud = await LocalCloud.start();
});
afterAll(() => cloud.dispose());

test('the page is served from the package', async () => {
  const page = await fetch(cloud.url);
  const module = await fetch(`${cloud.url}/files/page/main`);
  expect([page.status, module.status]).toEqual([200, 200]);
});

test('a greeting is one trace', async () => {
  const { url } = await cloud.deploy<{ readonly url: string }>(new GreeterStack(Testing.app()));
  const trace = await cloud.traceOf(await fetch(`${url}/greeting`));
  expect(trace).toBeOneTrace();
  expect(trace).toHaveSpan({ service: 'greeter', kind: 'server', attributes: { 'url.path': '/greeting' } });
  expect(trace).not.toHaveSpan({ status: 'error' });
}, 60_000);
