import { buildTemplate } from '../../../services/template/app';
import { routeToTemplate } from '../../../services/template/gateway-route';
import { createServiceApp } from '../../../services/service-app';
import { log, type ServiceClient } from '../../../services/telemetry';

log.level = 'silent';

const app = buildTemplate();
afterAll(() => app.close());

test('template answers with its name', async () => {
  const answer = await app.inject('/');
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toMatchObject({ service: 'template' });
});

test('the gateway answers with what template says', async () => {
  // GIVEN a client that asks the service without a network
  const client: ServiceClient = {
    fetch: async (path) => new Response((await app.inject(path)).body),
  };
  const gateway = createServiceApp({ bodyLimitBytes: 1, contentTypes: [] });
  routeToTemplate(gateway, client);
  // WHEN
  const answer = await gateway.inject('/template');
  // THEN
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toMatchObject({ service: 'template' });
  await gateway.close();
});
