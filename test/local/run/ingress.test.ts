import { CloudRunFixture, isRequestLog, program } from './cloud-run-fixture';

it.each(['INGRESS_TRAFFIC_INTERNAL_ONLY', 'INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER'])(
  'a service with ingress %s is not found from outside, whoever calls',
  async (ingress) => {
    // GIVEN
    const cloud = await CloudRunFixture.open();
    await cloud.publish('inner', program(`(request, response) => response.end('inside')`));
    const spec = cloud.spec('inner', 'inner', { ingress });
    const { uri } = await cloud.run.create(spec);

    // WHEN
    const response = await fetch(`${uri}/a`);

    // THEN
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('The requested URL was not found: <code>/a</code>');
    const entry = await cloud.logged(isRequestLog);
    expect(entry.message).toContain(`the ingress of service 'inner' is ${ingress}`);

    // WHEN it is opened
    await cloud.run.update({ ...spec, ingress: 'INGRESS_TRAFFIC_ALL' });

    // THEN
    expect(await (await fetch(`${uri}/a`)).text()).toBe('inside');
    await cloud.dispose();
  },
);
