import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { startMetadataServer } from '../../../local/metadata/metadata-server';
import { createCertificateAuthority } from '../../../local/network/certificate-authority';
import { startEgressProxy } from '../../../local/network/egress-proxy';
import { writeContainerPreload } from '../../../local/run/container-preload';
import { vertexAiHosts } from '../../../local/vertex-ai/vertex-ai-api';
import { ACCOUNT, PROJECT, VertexAiFixture } from './vertex-ai-fixture';

const ROOT = resolve(__dirname, '../../..');
const TEXT = 'Storks come back in March. They nest on roofs. Two eggs are usual. Then they leave again.';

/** What the processor makes of the text in the environment of a container, with the official client as on Cloud Run. */
interface Summarized {
  readonly summary: { readonly summary: string; readonly summaryBy: string };
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

describe('the processor in the environment of a container', () => {
  const cleanUps: (() => Promise<unknown>)[] = [];
  let cloud: VertexAiFixture;
  let refused: string[];
  let env: Record<string, string>;
  beforeEach(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'vertex-ai-'));
    cleanUps.push(() => rm(directory, { recursive: true, force: true }));
    const authority = await createCertificateAuthority(directory);
    cloud = await VertexAiFixture.start((api) => createServer(authority, api));
    cleanUps.push(() => cloud.close());
    refused = [];
    const proxy = await startEgressProxy({
      routes: new Map(vertexAiHosts().map((host) => [`${host}:443`, cloud.port])),
      onRefused: (message) => refused.push(message),
    });
    cleanUps.push(() => proxy.close());
    const metadata = await startMetadataServer({
      projectId: PROJECT,
      projectNumber: '123456789012',
      region: 'europe-west1',
      instanceId: '0a',
      serviceAccount: ACCOUNT,
      tokens: cloud.tokens,
    });
    cleanUps.push(() => metadata.close());
    env = {
      GCE_METADATA_HOST: metadata.host,
      HTTPS_PROXY: proxy.url,
      NO_PROXY: '127.0.0.1,localhost',
      NODE_EXTRA_CA_CERTS: authority.caFile,
      NODE_OPTIONS: `--require ${await writeContainerPreload(directory)}`,
      GOOGLE_GENAI_USE_VERTEXAI: 'true',
      GOOGLE_CLOUD_PROJECT: PROJECT,
      GEMINI_MODEL: 'gemini-2.5-flash',
    };
  });
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
  });

  async function summarize(location: string): Promise<Summarized> {
    const program = join(__dirname, 'fixtures', 'summarize.ts');
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program, TEXT], {
      cwd: ROOT,
      env: { ...env, GOOGLE_CLOUD_LOCATION: location },
    });
    return JSON.parse(stdout);
  }

  it.each(['europe-west1', 'us-central1', 'global'])(
    'has Gemini in %s summarize as its service account, over TLS, through the proxy, in its trace',
    async (location) => {
      const { summary, traceId, spanId, attributes } = await summarize(location);
      expect(summary).toEqual({
        summary: 'Storks come back in March. They nest on roofs. Two eggs are usual.',
        summaryBy: 'gemini',
      });
      expect(attributes).toMatchObject({
        'gen_ai.provider.name': 'gcp.vertex_ai',
        'gen_ai.response.model': 'local-extract',
        'gen_ai.usage.output_tokens': 17,
      });
      const span = await cloud.span();
      expect(span).toMatchObject({ service: 'Vertex AI', traceId, parentSpanId: spanId });
      expect(span.attributes['cloud.region']).toBe(location);
      expect(refused).toEqual([]);
    },
  );

  it('does without where the location is not modelled', async () => {
    const { summary } = await summarize('eu');
    expect(summary.summaryBy).toBe('processor');
    expect(refused[0]).toContain('tried to reach aiplatform.eu.rep.googleapis.com:443');
  });
});
