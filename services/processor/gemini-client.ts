import { GoogleGenAI } from '@google/genai';
import { traceContextHeaders, tracedGemini } from '../telemetry';
import type { GeminiSettings } from './gemini-settings';

/** Attempts and first pause, in seconds: they fit into the time of a summary. The SDK makes one attempt unless it is told. */
const RETRY_OPTIONS = { attempts: 3, initialDelay: 0.2, maxDelay: 1 };

/** A traced client of Gemini. Google's SDK is large, so this module is loaded only where Gemini is asked. */
export function createGeminiClient({ backend }: GeminiSettings): GoogleGenAI {
  const httpOptions = {
    retryOptions: RETRY_OPTIONS,
    ...(backend.vertexai && { fetch: fetchInTrace }),
  };
  return tracedGemini(new GoogleGenAI({ ...backend, httpOptions }));
}

/** So that whoever looks at this project's Vertex AI for a slow or failed call finds its trace. */
const fetchInTrace: typeof fetch = (input, init) => {
  const headers = new Headers(init?.headers);
  for (const [name, value] of Object.entries(traceContextHeaders())) headers.set(name, value);
  return fetch(input, { ...init, headers });
};
