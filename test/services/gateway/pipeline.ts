import type { FastifyInstance } from 'fastify';
import { GoogleAuth, IdTokenClient } from 'google-auth-library';
import { buildGateway } from '../../../services/gateway/app';
import { buildProcessor } from '../../../services/processor/app';
import { buildStorage } from '../../../services/storage/app';
import { DocumentStore } from '../../../services/storage/document-store';
import { createServiceClient } from '../../../services/telemetry';
import { BUCKET, startStorage, type StorageFixture } from '../../local/storage/storage-fixture';
import { asStranger } from '../telemetry/http';
import { traceThisProcess, type TracedProcess } from '../telemetry/traced-process';

/** Long enough for every test that is not about it. */
const DEADLINE_MS = 10_000;

/** ID tokens of an issuer that nobody asks. */
export class AnyToken extends GoogleAuth {
  override getIdTokenClient(targetAudience: string): Promise<IdTokenClient> {
    const payload = Buffer.from(JSON.stringify({ exp: Math.floor(Date.now() / 1000) + 3_600 }));
    const fetchIdToken = (): Promise<string> => Promise.resolve(`e30.${payload.toString('base64url')}.x`);
    return Promise.resolve(new IdTokenClient({ targetAudience, idTokenProvider: { fetchIdToken } }));
  }
}

/** The three services over HTTP in this process, traced, with a local Cloud Storage that lets storage in. */
export interface Pipeline {
  readonly url: string;
  readonly traced: TracedProcess;
  readonly cloud: StorageFixture;
  readonly processor: FastifyInstance;
  readonly storage: FastifyInstance;
  send(content: string | Uint8Array | null, contentType?: string): Promise<Answer>;
  get(path: string): Promise<Answer>;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: AnswerBody;
}

interface AnswerBody {
  readonly id?: string;
  readonly traceId?: string;
  readonly generation?: string;
  readonly document?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: string; readonly message: string };
}

/** @param env of the telemetry that all three share, besides that callers are trusted. */
export async function startPipeline(env: Record<string, string> = {}): Promise<Pipeline> {
  const traced = traceThisProcess({ TRACED_TRUST_CALLER: 'true', ...env });
  const cloud = await startStorage();
  cloud.grant('storage', 'roles/storage.objectUser');
  const auth = new AnyToken();

  const client = cloud.client('storage', { retryOptions: { autoRetry: false } });
  const settings = {
    name: 'documents',
    bucket: BUCKET,
    location: 'EUROPE-WEST1',
    region: 'europe-west1',
  };
  const storage = buildStorage({ store: new DocumentStore(client.bucket(BUCKET), settings) });
  const storageUrl = await listen(storage);

  const storageClient = createServiceClient({ url: storageUrl, deadlineMs: DEADLINE_MS }, { auth });
  const processor = buildProcessor({ storage: storageClient });
  const processorUrl = await listen(processor);

  const processorClient = createServiceClient({ url: processorUrl, deadlineMs: DEADLINE_MS }, { auth });
  const gateway = buildGateway({ processor: processorClient });
  const url = await listen(gateway);

  return {
    url,
    traced,
    cloud,
    processor,
    storage,
    async send(content, contentType) {
      const headers: Record<string, string> =
        contentType === undefined ? {} : { 'content-type': contentType };
      return answerOf(
        await asStranger(() => fetch(`${url}/process`, { method: 'POST', headers, body: content })),
      );
    },
    async get(path) {
      return answerOf(await asStranger(() => fetch(`${url}${path}`)));
    },
    async close() {
      await Promise.all([gateway.close(), processor.close(), storage.close()]);
      await cloud.close();
      await traced.stop();
    },
  };
}

function listen(app: FastifyInstance): Promise<string> {
  return app.listen({ host: '127.0.0.1', port: 0 });
}

async function answerOf(response: Response): Promise<Answer> {
  const body: AnswerBody = JSON.parse(await response.text());
  return { status: response.status, headers: response.headers, body };
}
