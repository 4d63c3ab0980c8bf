import type { Content, ContentListUnion, ContentUnion, Part } from '@google/genai';
import type { Attributes } from '@opentelemetry/api';
import * as genAi from './gen-ai-attributes';
import { describeProblem, type SettingProblem } from './setting-problem';
import type { Environment } from './settings';

/** OpenTelemetry's variable for what people and models say to each other. */
const CAPTURE = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT';

/**
 * Longest text kept in one attribute, in UTF-16 units: enough to see what a prompt is about. Backends cut attributes, and
 * JSON that somebody else has cut cannot be read any more.
 */
const MAX_CONTENT_LENGTH = 8_000;

/** A message of the conventions' JSON schemas `gen-ai-input-messages` and `gen-ai-output-messages`. */
interface Message {
  readonly role: string;
  readonly parts: readonly MessagePart[];
}

type MessagePart = Readonly<Record<string, unknown>> & { readonly type: string };

/** The conventions' words for Gemini's roles. */
const ROLES = new Map([
  ['model', 'assistant'],
  ['function', 'tool'],
]);

/** Whether content may be recorded; without an understandable yes it may not. */
export function parseContentCapture(env: Environment): { capture: boolean; problems: string[] } {
  const got = env[CAPTURE]?.trim() ?? '';
  const capture = got.toLowerCase() === 'true';
  const problem: SettingProblem = { variable: CAPTURE, got, allowed: 'true | false', used: 'false' };
  const understood = capture || got === '' || got.toLowerCase() === 'false';
  return { capture, problems: understood ? [] : [describeProblem(problem)] };
}

/** The prompt, as attributes of its span. */
export function inputAttributes(
  contents: ContentListUnion,
  systemInstruction: ContentUnion | undefined,
): Attributes {
  const system = toContents(systemInstruction ?? []).flatMap(({ parts = [] }) => parts);
  return {
    [genAi.INPUT_MESSAGES]: JSON.stringify(toMessages(toContents(contents))),
    ...(system.length > 0 && { [genAi.SYSTEM_INSTRUCTIONS]: JSON.stringify(new Budget().parts(system)) }),
  };
}

/** Keeps the answer of one call. */
export class ContentRecorder {
  /** By index of the candidate. */
  readonly #output = new Map<number, Part[]>();

  addOutput(index: number, parts: readonly Part[]): void {
    const output = this.#output.get(index) ?? [];
    this.#output.set(index, output);
    for (const part of parts) {
      const last = output.at(-1);
      // A text arrives in pieces, and is one part.
      const continues = part.text !== undefined && last?.text !== undefined && last.thought === part.thought;
      if (continues) last.text = `${last.text}${part.text}`;
      else output.push({ ...part });
    }
  }

  /** @param finishReasons in the order of the candidates. */
  outputAttributes(finishReasons: readonly string[]): Attributes {
    if (this.#output.size === 0) return {};
    const contents = [...this.#output.values()].map((parts) => ({ role: 'model', parts }));
    const messages = toMessages(contents).map((message, index) => ({
      ...message,
      finish_reason: finishReasons[index],
    }));
    return { [genAi.OUTPUT_MESSAGES]: JSON.stringify(messages) };
  }
}

/** Texts and parts that stand alone, one after the other, are one message of the user. */
function toContents(union: ContentListUnion | ContentUnion): Content[] {
  const contents: Content[] = [];
  let loose: Part[] | undefined;
  for (const item of Array.isArray(union) ? union : [union]) {
    if (isContent(item)) {
      contents.push(item);
      loose = undefined;
      continue;
    }
    if (loose === undefined) contents.push({ parts: (loose = []) });
    loose.push(typeof item === 'string' ? { text: item } : item);
  }
  return contents;
}

function isContent(item: Content | Part | string): item is Content {
  return typeof item !== 'string' && ('parts' in item || 'role' in item);
}

function toMessages(contents: readonly Content[]): Message[] {
  const budget = new Budget();
  return contents.map(({ role = 'user', parts = [] }) => ({
    role: ROLES.get(role) ?? role,
    parts: budget.parts(parts),
  }));
}

/** Hands out what is left of an attribute's length. Binary data is never kept, only its type. */
class Budget {
  #left = MAX_CONTENT_LENGTH;

  parts(parts: readonly Part[]): MessagePart[] {
    return parts.flatMap((part) => (this.#left > 0 ? this.#part(part) : []));
  }

  #part(part: Part): MessagePart {
    const { text, functionCall, functionResponse, fileData } = part;
    if (text !== undefined) return { type: part.thought ? 'reasoning' : 'text', content: this.#take(text) };
    if (functionCall) {
      const { id, name, args } = functionCall;
      return { type: 'tool_call', id, name, arguments: this.#takeJson(args) };
    }
    if (functionResponse) {
      const { id, response } = functionResponse;
      return { type: 'tool_call_response', id, response: this.#takeJson(response) };
    }
    if (fileData) {
      const { mimeType = '', fileUri = '' } = fileData;
      return { type: 'uri', mime_type: mimeType, modality: modalityOf(mimeType), uri: this.#take(fileUri) };
    }
    const [kind = 'unknown'] = Object.keys(part);
    return { type: kind, mime_type: part.inlineData?.mimeType };
  }

  #take(text: string): string {
    const left = this.#left;
    this.#left -= text.length;
    return text.length <= left ? text : `${text.slice(0, Math.max(0, left))}…`;
  }

  /** The value itself, or the beginning of its JSON when that is too long. */
  #takeJson(value: unknown): unknown {
    const json = JSON.stringify(value) ?? '';
    const taken = this.#take(json);
    return taken === json ? value : taken;
  }
}

function modalityOf(mimeType: string): string {
  const kind = mimeType.split('/', 1)[0] ?? '';
  return ['image', 'video', 'audio'].includes(kind) ? kind : 'document';
}
