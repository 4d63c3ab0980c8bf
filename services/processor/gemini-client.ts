import { GoogleGenAI } from '@google/genai';
import { tracedGemini } from '../telemetry';
import type { GeminiSettings } from './gemini-settings';

/** Attempts and first pause, in seconds: they fit into the time of a summary. The SDK makes one attempt unless it is told. */
const RETRY_OPTIONS = { attempts: 3, initialDelay: 0.2, maxDelay: 1 };

/** A traced client of Gemini. Google's SDK is large, so this module is loaded only where Gemini is asked. */
export function createGeminiClient({ backend }: GeminiSettings): GoogleGenAI {
  return tracedGemini(new GoogleGenAI({ ...backend, httpOptions: { retryOptions: RETRY_OPTIONS } }));
}
