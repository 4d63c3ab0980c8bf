/** How fast a model writes. */
export interface ModelSpeed {
  /** From the request to the first token of the answer, which is after all thinking, in milliseconds. */
  readonly firstTokenMs: number;
  readonly tokensPerSec: number;
}

/**
 * Medians that others have measured: of Gemini 1.5 Flash on Vertex AI (artificialanalysis.ai/models/gemini-1-5-flash/providers)
 * and of Gemini 3.1 Pro, which thinks first (bridgebench.ai/speedbench/gemini-3-1-pro). Models of one size are about as
 * fast as each other; no model is as fast all the time.
 */
const FLASH: ModelSpeed = { firstTokenMs: 230, tokensPerSec: 188 };
const PRO: ModelSpeed = { firstTokenMs: 7_608, tokensPerSec: 122 };

/** By the model's name: `gemini-2.5-pro` is slow, and all others are fast. */
export function speedOf(model: string): ModelSpeed {
  return /(?:^|-)pro(?:-|$)/.test(model) ? PRO : FLASH;
}

/** When the token of that number, from 1, is there, in milliseconds after the request. */
export function tokenMs({ firstTokenMs, tokensPerSec }: ModelSpeed, token: number): number {
  return firstTokenMs + (Math.max(0, token - 1) * 1_000) / tokensPerSec;
}
