import { createServer, type RequestListener, type Server } from 'node:http';
import { GoogleGenAI, type GoogleGenAIOptions } from '@google/genai';
import { OAuth2Client } from 'google-auth-library';
import { FaultRules } from '../../../local/faults/fault-rules';
import { Iam } from '../../../local/iam/iam';
import { Tokens } from '../../../local/iam/tokens';
import { closeHttpServer, listenOnLoopback } from '../../../local/network/loopback-server';
import type { Span } from '../../../local/trace/span';
import { vertexAiApi } from '../../../local/vertex-ai/vertex-ai-api';
import '../../helpers/global-dispatcher';
import { foreign } from '../../services/telemetry/http';

export const PROJECT = 'local-test';
export const ACCOUNT = `reader@${PROJECT}.iam.gserviceaccount.com`;

/** Vertex AI of a project where its API is enabled, with an account that may use it. */
export class VertexAiFixture {
  /** Serves over HTTP, or with what `serve` makes. */
  static async start(
    serve: (api: RequestListener) => Server = (api) => createServer(api),
  ): Promise<VertexAiFixture> {
    const fixture = new VertexAiFixture(serve);
    fixture.port = await listenOnLoopback(fixture.#server);
    return fixture;
  }

  readonly iam = new Iam();
  readonly tokens = new Tokens();
  readonly faults = new FaultRules();
  readonly disabled = new Set<string>();
  readonly spans: Span[] = [];
  port = 0;
  readonly #internalErrors: unknown[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #server: Server;

  private constructor(serve: (api: RequestListener) => Server) {
    const api = vertexAiApi({
      iam: this.iam,
      authenticate: (token) => this.tokens.emailOfAccessToken(token),
      isEnabled: (project, name) => project === PROJECT && !this.disabled.has(name),
      faults: this.faults,
      regionOf: (token) => this.tokens.regionOf(token),
      onSpan: (span) => {
        this.spans.push(span);
        for (const check of this.#waiting) check();
      },
      onInternalError: (error) => this.#internalErrors.push(error),
    });
    this.#server = foreign(serve(api));
    this.iam.addMember(
      `//cloudresourcemanager.googleapis.com/projects/${PROJECT}`,
      'roles/aiplatform.user',
      `serviceAccount:${ACCOUNT}`,
    );
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** An access token of the account, which runs in `region`. */
  token(region?: string): string {
    return this.tokens.issueAccessToken(ACCOUNT, region).token;
  }

  /** The official client. */
  client(options: GoogleGenAIOptions = {}, token = this.token()): GoogleGenAI {
    const authClient = new OAuth2Client();
    authClient.setCredentials({ access_token: token });
    return new GoogleGenAI({
      vertexai: true,
      project: PROJECT,
      location: 'europe-west1',
      googleAuthOptions: { authClient },
      ...options,
      httpOptions: { baseUrl: this.origin, ...options.httpOptions },
    });
  }

  /** The first span, now or later. */
  span(): Promise<Span> {
    return new Promise((resolve) => {
      const check = (): void => {
        const [span] = this.spans;
        if (!span) return;
        this.#waiting.delete(check);
        resolve(span);
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Throws what has failed inside the server. */
  async close(): Promise<void> {
    await closeHttpServer(this.#server);
    if (this.#internalErrors.length > 0)
      throw new AggregateError(this.#internalErrors, 'the server had faults');
  }
}
