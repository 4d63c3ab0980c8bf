import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Storage, type StorageOptions } from '@google-cloud/storage';
import { Iam } from '../../../local/iam/iam';
import { bucketIamName } from '../../../local/storage/access';
import type { BucketSettings } from '../../../local/storage/bucket';
import { CloudStorage } from '../../../local/storage/cloud-storage';
import { closeHttpServer, listenOnLoopback } from '../../../local/network/loopback-server';
import { foreign } from '../../services/telemetry/http';
import type { Span } from '../../../local/trace/span';
import { storageApi } from '../../../local/storage/storage-api';

export const BUCKET = 'docs';

export const SETTINGS: BucketSettings = {
  storageClass: 'STANDARD',
  labels: {},
  versioning: false,
  uniformBucketLevelAccess: true,
  publicAccessPrevention: 'inherited',
  rpo: null,
  lifecycleRules: [],
  softDeleteRetentionSec: 604_800,
};

/** A Cloud Storage with one bucket, served over HTTP. `token-of-x` authenticates as `x@local-test...`. */
export interface StorageFixture {
  readonly storage: CloudStorage;
  readonly iam: Iam;
  readonly directory: string;
  readonly origin: string;
  /** What was told of requests that it did something to. */
  readonly spans: readonly Span[];
  /** Where the account's calls come from; from nowhere in particular without it. */
  runIn(account: string, region: string): void;
  /** Grants the role on the bucket to the account of that name, or to `allUsers`. */
  grant(account: string, role: string): void;
  /** Grants the role on a project, which is the bucket's unless it is said otherwise. */
  grantOnProject(account: string, role: string, projectId?: string): void;
  /** The official client with the account's access token. */
  client(account: string, options?: StorageOptions): Storage;
  /** A request with the account's access token; without an account, with none. */
  request(account: string | undefined, path: string, init?: RequestInit): Promise<Response>;
  /** Throws what has failed inside the server. */
  close(): Promise<void>;
}

export async function startStorage(settings: Partial<BucketSettings> = {}): Promise<StorageFixture> {
  const directory = await mkdtemp(join(tmpdir(), 'storage-'));
  const storage = new CloudStorage(directory);
  storage.createBucket({
    name: BUCKET,
    projectId: 'local-test',
    location: 'europe-west1',
    ...SETTINGS,
    ...settings,
  });
  const iam = new Iam();
  const internalErrors: unknown[] = [];
  const regions = new Map<string, string>();
  const spans: Span[] = [];
  const server = foreign(
    createServer(
      storageApi({
        storage,
        iam,
        authenticate: (token) =>
          token.startsWith('token-of-') ? emailOf(token.slice('token-of-'.length)) : undefined,
        regionOf: (token) => regions.get(token),
        onSpan: (span) => spans.push(span),
        onInternalError: (error) => internalErrors.push(error),
      }),
    ),
  );
  const origin = `http://127.0.0.1:${await listenOnLoopback(server)}`;

  return {
    storage,
    iam,
    directory,
    origin,
    spans,
    runIn(account, region) {
      regions.set(`token-of-${account}`, region);
    },
    grant(account, role) {
      const member = account === 'allUsers' ? account : `serviceAccount:${emailOf(account)}`;
      iam.addMember(bucketIamName(BUCKET), role, member);
    },
    grantOnProject(account, role, projectId = 'local-test') {
      const project = `//cloudresourcemanager.googleapis.com/projects/${projectId}`;
      iam.addMember(project, role, `serviceAccount:${emailOf(account)}`);
    },
    client(account, options) {
      const client = new Storage({ projectId: 'local-test', apiEndpoint: origin, ...options });
      // By itself 7.22 sends resumable uploads to a custom endpoint without credentials.
      client.interceptors.push({
        request: (request) => {
          request.headers = { ...request.headers, authorization: `Bearer token-of-${account}` };
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the client has two types for one thing
          return request as ReturnType<(typeof client.interceptors)[number]['request']>;
        },
      });
      return client;
    },
    request(account, path, init = {}) {
      const headers = new Headers(init.headers);
      if (account !== undefined) headers.set('authorization', `Bearer token-of-${account}`);
      return fetch(`${origin}${path}`, { ...init, headers });
    },
    async close() {
      await closeHttpServer(server);
      await rm(directory, { recursive: true, force: true });
      if (internalErrors.length > 0) throw new AggregateError(internalErrors, 'the server had faults');
    },
  };
}

export function emailOf(account: string): string {
  return `${account}@local-test.iam.gserviceaccount.com`;
}

/** The body of an answer, which the test says the shape of. */
export async function jsonOf<Body>(response: Response): Promise<Body> {
  return JSON.parse(await response.text());
}

/** What the client's errors have in common; resumable uploads fail with those of another library. */
interface Failure {
  readonly message: string;
  readonly code?: number;
  readonly status?: number;
  /** Google's answer, in those of the other library. */
  readonly response?: { readonly data?: { readonly error?: { readonly message: string } } };
}

/** Status and message of the error with which the client rejects; fails the test when it does not. */
export async function errorOf(promise: Promise<unknown>): Promise<{ code: number; message: string }> {
  const error: Failure | undefined = await promise.then(
    () => undefined,
    (reason: Failure) => reason,
  );
  if (!error) throw new Error('expected a rejection');
  const { code, status, response, message } = error;
  return { code: code ?? status ?? 0, message: response?.data?.error?.message ?? message };
}
