/**
 * Names of the OpenTelemetry conventions for generative AI (development status, so
 * `@opentelemetry/semantic-conventions` may rename its constants in a minor version), and ours for what they lack.
 * https://github.com/open-telemetry/semantic-conventions-genai
 */

export const OPERATION_NAME = 'gen_ai.operation.name';
export const PROVIDER_NAME = 'gen_ai.provider.name';
export const OUTPUT_TYPE = 'gen_ai.output.type';

export const REQUEST_MODEL = 'gen_ai.request.model';
export const REQUEST_STREAM = 'gen_ai.request.stream';
export const REQUEST_CHOICE_COUNT = 'gen_ai.request.choice.count';
export const REQUEST_MAX_TOKENS = 'gen_ai.request.max_tokens';
export const REQUEST_TEMPERATURE = 'gen_ai.request.temperature';
export const REQUEST_TOP_P = 'gen_ai.request.top_p';
export const REQUEST_TOP_K = 'gen_ai.request.top_k';
export const REQUEST_SEED = 'gen_ai.request.seed';
export const REQUEST_STOP_SEQUENCES = 'gen_ai.request.stop_sequences';
export const REQUEST_FREQUENCY_PENALTY = 'gen_ai.request.frequency_penalty';
export const REQUEST_PRESENCE_PENALTY = 'gen_ai.request.presence_penalty';
export const EMBEDDINGS_DIMENSION_COUNT = 'gen_ai.embeddings.dimension.count';

export const RESPONSE_MODEL = 'gen_ai.response.model';
export const RESPONSE_ID = 'gen_ai.response.id';
export const RESPONSE_FINISH_REASONS = 'gen_ai.response.finish_reasons';
export const RESPONSE_TIME_TO_FIRST_CHUNK = 'gen_ai.response.time_to_first_chunk';

export const USAGE_INPUT_TOKENS = 'gen_ai.usage.input_tokens';
export const USAGE_OUTPUT_TOKENS = 'gen_ai.usage.output_tokens';
export const USAGE_REASONING_OUTPUT_TOKENS = 'gen_ai.usage.reasoning.output_tokens';
export const USAGE_CACHE_READ_INPUT_TOKENS = 'gen_ai.usage.cache_read.input_tokens';

export const INPUT_MESSAGES = 'gen_ai.input.messages';
export const OUTPUT_MESSAGES = 'gen_ai.output.messages';
export const SYSTEM_INSTRUCTIONS = 'gen_ai.system_instructions';

/** Why Gemini refused the prompt itself (`promptFeedback.blockReason`), in lower case, such as `safety`. */
export const PROMPT_BLOCK_REASON = 'gcp.gemini.prompt.block_reason';

/** True when the consumer of a stream stopped before its end. */
export const STREAM_ABANDONED = 'traced.stream_abandoned';
