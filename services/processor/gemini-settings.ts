import { describeProblem } from '../telemetry';
import type { Environment } from '../telemetry/settings';

/** How Gemini is reached: over the Gemini API with a key, or over Vertex AI as this service's account. */
export interface GeminiSettings {
  readonly backend:
    | { readonly vertexai: false; readonly apiKey: string }
    | { readonly vertexai: true; readonly project: string; readonly location: string };
  readonly model: string;
}

/** Variables of Google's SDK, https://googleapis.github.io/js-genai, and the model's name, which it has none for. */
const VARIABLES = {
  apiKey: 'GEMINI_API_KEY',
  useVertexAi: 'GOOGLE_GENAI_USE_VERTEXAI',
  project: 'GOOGLE_CLOUD_PROJECT',
  location: 'GOOGLE_CLOUD_LOCATION',
  model: 'GEMINI_MODEL',
} as const;

/** The latest fast model, by the alias that the SDK documents for both backends: a version's own name is retired some day. */
const DEFAULT_MODEL = 'gemini-flash-latest';

/** Where the SDK sends requests to Vertex AI unless it is told a location. */
const DEFAULT_LOCATION = 'global';

/**
 * Whether and how summaries are asked of Gemini; undefined when neither a key nor Vertex AI is configured. Never throws:
 * what cannot be used is reported, and the processor does without.
 */
export function parseGeminiSettings(env: Environment): {
  settings: GeminiSettings | undefined;
  problems: string[];
} {
  const problems: string[] = [];
  const text = (variable: string): string => env[variable]?.trim() ?? '';
  const model = text(VARIABLES.model) || DEFAULT_MODEL;
  const apiKey = text(VARIABLES.apiKey);

  const useVertexAi = text(VARIABLES.useVertexAi).toLowerCase();
  if (!['', 'true', 'false'].includes(useVertexAi)) {
    const variable = VARIABLES.useVertexAi;
    problems.push(describeProblem({ variable, got: useVertexAi, allowed: 'true | false', used: 'false' }));
  }
  if (useVertexAi === 'true') {
    const project = text(VARIABLES.project);
    const location = text(VARIABLES.location) || DEFAULT_LOCATION;
    if (project) return { settings: { backend: { vertexai: true, project, location }, model }, problems };
    problems.push(
      `${VARIABLES.useVertexAi} is true and ${VARIABLES.project} is not set; summaries are made without Gemini`,
    );
    return { settings: undefined, problems };
  }
  const settings = apiKey ? { backend: { vertexai: false as const, apiKey }, model } : undefined;
  return { settings, problems };
}
