import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { CloudRunFixture, isRequestLog, program, PROJECT, responseTo } from './cloud-run-fixture';

let cloud: CloudRunFixture;
beforeEach(async () => {
  cloud = await CloudRunFixture.open();
});
afterEach(() => cloud.dispose());

const CALLER = `caller@${PROJECT}.iam.gserviceaccount.com`;
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function servePrivately(): Promise<string> {
  await cloud.publish('private', program(`(request, response) => response.end('inside')`));
  const { uri } = await cloud.run.create(
    cloud.spec('private', 'private', {
      invokerIamDisabled: false,
      customAudiences: ['https://private.example.com'],
    }),
  );
  return uri;
}

describe('IAM', () => {
  it('answers 403 without a token or without the role, 401 for a token that cannot be verified, and logs the reason', async () => {
    // GIVEN
    const uri = await servePrivately();
    cloud.allow(cloud.spec('private', 'private'), `serviceAccount:${CALLER}`);
    const stranger = `stranger@${PROJECT}.iam.gserviceaccount.com`;

    // WHEN
    const statuses = [
      await fetch(uri),
      await fetch(uri, { headers: { authorization: 'Basic eDp5' } }),
      await fetch(uri, { headers: bearer(cloud.tokens.issueIdToken(CALLER, 'http://elsewhere')) }),
      await fetch(uri, { headers: bearer(cloud.tokens.issueAccessToken(CALLER).token) }),
      await fetch(uri, { headers: bearer(cloud.tokens.issueIdToken(stranger, uri)) }),
    ];

    // THEN
    expect(statuses.map(({ status }) => status)).toEqual([403, 403, 401, 401, 403]);
    expect(await statuses[0]?.text()).toContain('Your client does not have permission');
    expect(cloud.logs.filter(isRequestLog).map(({ severity, message }) => [severity, message])).toEqual([
      ['WARNING', 'the request has no ID token in Authorization: Bearer'],
      ['WARNING', 'the request has no ID token in Authorization: Bearer'],
      [
        'WARNING',
        `the ID token is not valid: wrong audience: got http://elsewhere, want ${uri} or https://private.example.com`,
      ],
      ['WARNING', 'the ID token is not valid: an access token was sent where an ID token is needed'],
      [
        'WARNING',
        `${stranger} has no role with run.routes.invoke on service 'private', such as roles/run.invoker`,
      ],
    ]);
  });

  it('answers with a page that a hostile path cannot write in', async () => {
    const sent = request(await servePrivately(), { path: '/<script>' }).end();
    const response = await responseTo(sent);
    expect(await text(response)).toContain('<code>/&#60;script&#62;</code>');
  });

  it('lets in who holds the role on the service or the project, by either header and audience', async () => {
    // GIVEN
    const uri = await servePrivately();
    const admin = `admin@${PROJECT}.iam.gserviceaccount.com`;
    cloud.allow(cloud.spec('private', 'private'), `serviceAccount:${CALLER}`);
    cloud.iam.addMember(
      `//cloudresourcemanager.googleapis.com/projects/${PROJECT}`,
      'roles/run.invoker',
      `serviceAccount:${admin}`,
    );
    const token = cloud.tokens.issueIdToken(CALLER, uri);

    // WHEN
    const answers = [
      await fetch(uri, { headers: bearer(token) }),
      await fetch(uri, { headers: bearer(cloud.tokens.issueIdToken(CALLER, 'https://private.example.com')) }),
      await fetch(uri, { headers: bearer(cloud.tokens.issueIdToken(admin, uri)) }),
      await fetch(uri, {
        headers: { 'x-serverless-authorization': `Bearer ${token}`, authorization: 'Basic eDp5' },
      }),
    ];

    // THEN
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(await answers[0]?.text()).toBe('inside');
  });

  it('lets everybody in when allUsers holds the role, and nobody any more when it is taken away', async () => {
    const uri = await servePrivately();
    const spec = cloud.spec('private', 'private');
    cloud.allow(spec, 'allUsers');
    expect((await fetch(uri)).status).toBe(200);
    cloud.iam.deletePolicy(
      '//run.googleapis.com/projects/local-test/locations/europe-west1/services/private',
    );
    expect((await fetch(uri)).status).toBe(403);
  });
});
