import { CloudRunFixture, program, PROJECT } from '../run/cloud-run-fixture';

let cloud: CloudRunFixture;
beforeEach(async () => {
  cloud = await CloudRunFixture.open();
});
afterEach(() => cloud.dispose());

/** Calls the URL in the request's query as its service account, with Google's own library and no setting of ours. */
const CALLER = program(
  `async (request, response) => {
    const target = new URL(request.url, 'http://x').searchParams.get('target');
    const client = await new GoogleAuth().getIdTokenClient(target);
    const answer = await client.request({ url: target, responseType: 'text', validateStatus: () => true });
    const { client_email: email } = await new GoogleAuth().getCredentials();
    response.end(JSON.stringify({ status: answer.status, data: answer.data, email, project: await new GoogleAuth().getProjectId() }));
  }`,
  `const { GoogleAuth } = require(${JSON.stringify(require.resolve('google-auth-library'))});`,
);

it('lets a container call another service with the official library, once it may', async () => {
  // GIVEN
  const caller = await cloud.serve('caller', CALLER);
  await cloud.publish('callee', program(`(request, response) => response.end('hello')`));
  const callee = cloud.spec('callee', 'callee', { invokerIamDisabled: false });
  const { uri } = await cloud.run.create(callee);
  const call = async (): Promise<unknown> =>
    JSON.parse(await (await fetch(`${caller}/?target=${encodeURIComponent(uri)}`)).text());
  const email = `caller@${PROJECT}.iam.gserviceaccount.com`;

  // WHEN, THEN
  expect(await call()).toMatchObject({ status: 403 });
  cloud.allow(callee, `serviceAccount:${email}`);
  expect(await call()).toEqual({ status: 200, data: 'hello', email, project: PROJECT });
});
