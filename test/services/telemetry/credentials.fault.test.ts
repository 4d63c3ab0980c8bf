import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportSpans } from './exporting-process';
import { Google } from './google';

/** Google's servers are behind a proxy: who asks it for the metadata server, or any other host, fails the test. */
let google: Google;
let home: string;
beforeEach(async () => {
  google = await Google.start();
  home = mkdtempSync(join(tmpdir(), 'home-'));
});
afterEach(() => google.dispose());

const NO_PROJECT = { GOOGLE_CLOUD_PROJECT: '' };

const EXPORTERS = ['gcp_trace', 'otlp'] as const;

/** A machine that is not Google's: neither is there a variable of Cloud Run, nor is a metadata server named. */
function laptop(exporter: (typeof EXPORTERS)[number]): Record<string, string> {
  const { GCE_METADATA_HOST: _named, ...env } = google.env(exporter);
  return { ...env, HOME: home };
}

function write(name: string, credentials: object): string {
  const file = join(home, name);
  writeFileSync(file, JSON.stringify(credentials));
  return file;
}

describe.each(EXPORTERS)('with %s outside of Google', (exporter) => {
  test('and no credentials, the log says once what to do, and spans are dropped and counted', async () => {
    const outcome = await exportSpans({ env: laptop(exporter), rounds: [2, 3] });
    expect(outcome).toEqual({
      code: 0,
      stderr: '',
      messages: [
        expect.stringMatching(/^spans cannot be sent to Google without credentials: run 'gcloud auth /),
        'spans dropped: 5 (permission denied 5)',
      ],
    });
    expect(google.metadataRequests).toBe(0);
  });

  test('spans arrive with the key that GOOGLE_APPLICATION_CREDENTIALS names, in its project', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const file = write('key.json', {
      type: 'service_account',
      client_email: 'tracer@p-2.iam.gserviceaccount.com',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      project_id: 'p-2',
    });
    const env = { ...laptop(exporter), ...NO_PROJECT, GOOGLE_APPLICATION_CREDENTIALS: file };
    expect(await exportSpans({ env })).toEqual({ code: 0, stderr: '', messages: [] });
    expect(google.projects).toEqual(['projects/p-2']);
    expect(google.metadataRequests).toBe(0);
  });

  const person = { type: 'authorized_user', client_id: 'c', client_secret: 's', refresh_token: 'r' };

  test("spans arrive with gcloud's application default credentials", async () => {
    mkdirSync(join(home, '.config/gcloud'), { recursive: true });
    write('.config/gcloud/application_default_credentials.json', person);
    expect(await exportSpans({ env: laptop(exporter) })).toEqual({ code: 0, stderr: '', messages: [] });
    expect(google.projects).toEqual(['projects/p-1']);
    expect(google.metadataRequests).toBe(0);
  });

  test('and credentials of no project, nobody looks for one on the network', async () => {
    const env = {
      ...laptop(exporter),
      ...NO_PROJECT,
      GOOGLE_APPLICATION_CREDENTIALS: write('person.json', person),
    };
    const outcome = await exportSpans({ env, rounds: [2] });
    expect(outcome).toEqual({
      code: 0,
      stderr: '',
      messages: [
        expect.stringMatching(/^telemetry: Unable to detect a Project Id/),
        'spans dropped: 2 (export failed 2)',
      ],
    });
    expect(google.metadataRequests).toBe(0);
  });
});

test.each(EXPORTERS)(
  'a project that %s could not find is looked for again with the next batch',
  async (exporter) => {
    // GIVEN a metadata server that does not know the project yet
    const projects = [undefined, 'p-3'];
    google.project = () => projects.shift();
    // WHEN spans are sent twice
    const outcome = await exportSpans({ env: { ...google.env(exporter), ...NO_PROJECT }, rounds: [2, 3] });
    // THEN the second batch arrives there
    expect(google.projects).toEqual(['projects/p-3']);
    expect(google.batches).toEqual([3]);
    expect(outcome.messages).toContainEqual(
      expect.stringMatching(/^telemetry: Unable to detect a Project Id/),
    );
  },
);
