import { core } from '@opentelemetry/sdk-node';
import type { GoogleAuth, IdTokenClient } from 'google-auth-library';
import { context } from './api';

/**
 * A function that resolves with the `Authorization` value for `audience`. Tokens are kept until they expire, calls at the
 * same time share one request, and getting a token is not traced, so that a trace shows the application's calls only. A failure is not kept: the next call tries again.
 *
 * @param auth where tokens come from; by default application default credentials.
 */
export function createIdTokens(audience: string, auth?: GoogleAuth): () => Promise<string> {
  let client: Promise<IdTokenClient> | undefined;

  const createClient = async (): Promise<IdTokenClient> => {
    if (auth !== undefined) return auth.getIdTokenClient(audience);
    // Loaded with the first call, so that the service listens before it.
    const { GoogleAuth } = await import('google-auth-library');
    return new GoogleAuth().getIdTokenClient(audience);
  };

  const authorization = async (): Promise<string> => {
    client ??= createClient();
    try {
      const headers = await (await client).getRequestHeaders();
      return headers.get('authorization') ?? '';
    } catch (error) {
      client = undefined;
      throw error;
    }
  };

  let pending: Promise<string> | undefined;
  return () =>
    (pending ??= context.with(core.suppressTracing(context.active()), authorization).finally(() => {
      pending = undefined;
    }));
}
