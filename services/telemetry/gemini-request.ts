import type { EmbedContentParameters, GenerateContentConfig, GenerateContentParameters } from '@google/genai';
import type { Attributes } from '@opentelemetry/api';
import * as genAi from './gen-ai-attributes';

/** What the request asks for. Numbers stay as they are: 0.7 is a double, 40 an integer. */
export function contentRequestAttributes(params: GenerateContentParameters, stream: boolean): Attributes {
  const config = params.config ?? {};
  return {
    [genAi.OUTPUT_TYPE]: outputType(config),
    [genAi.REQUEST_STREAM]: stream || undefined,
    [genAi.REQUEST_CHOICE_COUNT]: config.candidateCount === 1 ? undefined : config.candidateCount,
    [genAi.REQUEST_MAX_TOKENS]: config.maxOutputTokens,
    [genAi.REQUEST_TEMPERATURE]: config.temperature,
    [genAi.REQUEST_TOP_P]: config.topP,
    [genAi.REQUEST_TOP_K]: config.topK,
    [genAi.REQUEST_SEED]: config.seed,
    [genAi.REQUEST_STOP_SEQUENCES]: config.stopSequences,
    [genAi.REQUEST_FREQUENCY_PENALTY]: config.frequencyPenalty,
    [genAi.REQUEST_PRESENCE_PENALTY]: config.presencePenalty,
  };
}

export function embeddingRequestAttributes(params: EmbedContentParameters): Attributes {
  return { [genAi.EMBEDDINGS_DIMENSION_COUNT]: params.config?.outputDimensionality };
}

/** The kind of output that is asked for, in the conventions' words; undefined when the model may choose. */
function outputType(config: GenerateContentConfig): string | undefined {
  const mimeType = config.responseMimeType ?? '';
  if (mimeType === 'application/json') return 'json';
  if (mimeType.startsWith('text/')) return 'text';
  const modalities = (config.responseModalities ?? []).map((modality) => modality.toUpperCase());
  if (modalities.includes('IMAGE')) return 'image';
  if (modalities.includes('AUDIO')) return 'speech';
  return modalities.includes('TEXT') ? 'text' : undefined;
}
