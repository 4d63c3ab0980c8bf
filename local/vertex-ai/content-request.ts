import { countTokens } from './tokens';
import { invalid, notModelled } from './vertex-ai-error';

/** What a request for content asks for. */
export interface ContentRequest {
  /** What was said last. */
  readonly text: string;
  /** Of all that was said, instructions included. */
  readonly promptTokens: number;
  readonly maxOutputTokens: number | undefined;
}

type Json = Readonly<Record<string, unknown>>;

/** Fields that change nothing where no model draws words, thinks or blocks anything. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'labels',
  'model',
  'safetySettings',
  'audioTimestamp',
  'frequencyPenalty',
  'mediaResolution',
  'presencePenalty',
  'seed',
  'temperature',
  'thinkingConfig',
  'topK',
  'topP',
]);

/** Fields that would change the answer, with what they are for. */
const NOT_MODELLED: Readonly<Record<string, string>> = {
  cachedContent: 'cached content',
  modelArmorConfig: 'Model Armor',
  toolConfig: 'tools',
  tools: 'tools',
  logprobs: 'log probabilities',
  responseJsonSchema: 'answers by a schema',
  responseLogprobs: 'log probabilities',
  responseSchema: 'answers by a schema',
  routingConfig: 'model routing',
  speechConfig: 'speech',
  stopSequences: 'stop sequences',
};

/**
 * Reads the body of generateContent and streamGenerateContent (cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference).
 * Throws 400 for what cannot be read, and 501 for what is not modelled.
 */
export function readContentRequest(body: string): ContentRequest {
  const { contents, systemInstruction, generationConfig = {}, ...others } = objectOf(parse(body), 'the body');
  refuseOthers(others);
  const config = objectOf(generationConfig, 'generationConfig');
  const { candidateCount = 1, maxOutputTokens, responseMimeType, responseModalities, ...rest } = config;
  refuseOthers(rest);
  if (candidateCount !== 1) throw notModelled('more than one candidate');
  if (![undefined, 'text/plain'].includes(stringOf(responseMimeType, 'responseMimeType'))) {
    throw notModelled(`answers in ${String(responseMimeType)}`);
  }
  if (responseModalities !== undefined && JSON.stringify(responseModalities) !== '["TEXT"]') {
    throw notModelled('answers that are not text');
  }
  if (
    maxOutputTokens !== undefined &&
    !(Number.isSafeInteger(maxOutputTokens) && Number(maxOutputTokens) > 0)
  ) {
    throw invalid(
      `generationConfig.maxOutputTokens is ${JSON.stringify(maxOutputTokens)}; it must be 1 or more.`,
    );
  }

  if (!Array.isArray(contents) || contents.length === 0)
    throw invalid('contents must be a list of what was said.');
  const said = contents.map((content, index) => textOf(content, `contents[${index}]`));
  const { role = 'user' } = objectOf(contents.at(-1), 'contents');
  if (role !== 'user')
    throw invalid(`contents ends with the role ${JSON.stringify(role)}; it must end with the user's.`);
  const text = said.at(-1) ?? '';
  if (text.trim() === '') throw invalid('The last of contents has no text, so there is nothing to answer.');
  const instruction = systemInstruction === undefined ? '' : textOf(systemInstruction, 'systemInstruction');
  return {
    text,
    promptTokens: countTokens([instruction, ...said].join('')),
    maxOutputTokens: maxOutputTokens === undefined ? undefined : Number(maxOutputTokens),
  };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw invalid(`Invalid JSON payload received. ${error instanceof Error ? error.message : ''}`.trim());
  }
}

function refuseOthers(fields: Json): void {
  for (const field of Object.keys(fields)) {
    const feature = NOT_MODELLED[field];
    if (feature !== undefined) throw notModelled(feature);
    if (!WITHOUT_EFFECT.has(field)) throw invalid(`Invalid JSON payload received. Unknown name "${field}".`);
  }
}

/** The text of a content, which has nothing but texts. */
function textOf(content: unknown, where: string): string {
  const { parts } = objectOf(content, where);
  if (!Array.isArray(parts)) throw invalid(`${where}.parts must be a list.`);
  return parts
    .map((part, index) => {
      const { text, ...others } = objectOf(part, `${where}.parts[${index}]`);
      const [other] = Object.keys(others);
      if (other !== undefined) throw notModelled(`parts with ${other}`);
      return stringOf(text, `${where}.parts[${index}].text`) ?? '';
    })
    .join('');
}

function objectOf(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`${what} must be an object.`);
  return { ...value };
}

function stringOf(value: unknown, what: string): string | undefined {
  if (value !== undefined && typeof value !== 'string') throw invalid(`${what} must be a text.`);
  return value;
}
