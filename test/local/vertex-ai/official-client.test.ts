import { ApiError, type GenerateContentParameters, type GenerateContentResponse } from '@google/genai';
import { VertexAiFixture } from './vertex-ai-fixture';

const TEXT = 'Storks come back in March. They nest on roofs. Two eggs are usual. Then they leave again.';
const SUMMARY = 'Storks come back in March. They nest on roofs. Two eggs are usual.';
const ASKED = { model: 'gemini-2.5-flash', contents: TEXT };

let cloud: VertexAiFixture;
beforeEach(async () => {
  cloud = await VertexAiFixture.start();
});
afterEach(() => cloud.close());

/** Status and Google's error of a call that must fail. */
async function errorOf(call: Promise<unknown>): Promise<{ code: number; status: string; message: string }> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw new Error(`expected an ApiError, got ${String(error)}`);
  const body: { error: { code: number; status: string; message: string } } = JSON.parse(error.message);
  expect(body.error.code).toBe(error.status);
  return body.error;
}

function ask(params: Partial<GenerateContentParameters> = {}): Promise<GenerateContentResponse> {
  return cloud.client().models.generateContent({ ...ASKED, ...params });
}

describe('an answer', () => {
  it('is the first sentences of what was said last, and says that no model has written it', async () => {
    const answer = await ask({
      contents: [
        { role: 'user', parts: [{ text: 'Tell me something.' }] },
        { role: 'model', parts: [{ text: 'No.' }] },
        { role: 'user', parts: [{ text: TEXT.slice(0, 30) }, { text: TEXT.slice(30) }] },
      ],
    });
    expect(answer.text).toBe(SUMMARY);
    expect(answer.modelVersion).toBe('local-extract');
    expect(answer.candidates?.[0]?.finishReason).toBe('STOP');
    expect(answer.responseId).toEqual(expect.any(String));
  });

  it('tells the tokens of instructions, text and answer: one for four characters', async () => {
    const { usageMetadata } = await ask({ config: { systemInstruction: 'Be brief' } });
    const [prompt, answer] = [Math.ceil((8 + TEXT.length) / 4), Math.ceil(SUMMARY.length / 4)];
    expect(usageMetadata).toEqual({
      promptTokenCount: prompt,
      candidatesTokenCount: answer,
      totalTokenCount: prompt + answer,
    });
  });

  it('is cut at maxOutputTokens, and says so', async () => {
    const answer = await ask({ config: { maxOutputTokens: 5 } });
    expect(answer.text).toBe(SUMMARY.slice(0, 20));
    expect(answer.candidates?.[0]?.finishReason).toBe('MAX_TOKENS');
    expect(answer.usageMetadata?.candidatesTokenCount).toBe(5);
  });

  it('is not changed by settings for how a model writes', async () => {
    const config = { temperature: 0.2, topK: 3, seed: 1, thinkingConfig: { thinkingBudget: 0 } };
    expect((await ask({ config })).text).toBe(SUMMARY);
  });

  it('is streamed in parts, and its end and tokens come with the last one', async () => {
    const parts: GenerateContentResponse[] = [];
    for await (const part of await cloud.client().models.generateContentStream(ASKED)) parts.push(part);
    expect(parts).toHaveLength(2);
    expect(parts.map((part) => part.text).join('')).toBe(SUMMARY);
    expect(parts.map(({ candidates }) => candidates?.[0]?.finishReason)).toEqual([undefined, 'STOP']);
    expect(parts.map(({ usageMetadata }) => usageMetadata?.candidatesTokenCount)).toEqual([undefined, 17]);
    expect(new Set(parts.map(({ responseId }) => responseId)).size).toBe(1);
  });

  it.each(['global', 'us-central1'])('comes from %s as well', async (location) => {
    const { models } = cloud.client({ location });
    expect((await models.generateContent(ASKED)).text).toBe(SUMMARY);
  });
});

describe('a call is refused', () => {
  it('with 401 for a token that nobody was issued', async () => {
    const { models } = cloud.client({}, 'ya29.stolen');
    expect(await errorOf(models.generateContent(ASKED))).toMatchObject({
      code: 401,
      status: 'UNAUTHENTICATED',
    });
  });

  it.each([
    ['without a role', 'nobody'],
    ['with a role in another project', 'stranger'],
  ])('with 403 for an account %s, which names the permission and the model', async (_what, name) => {
    const email = `${name}@local-other.iam.gserviceaccount.com`;
    cloud.iam.addMember(
      '//cloudresourcemanager.googleapis.com/projects/local-other',
      'roles/aiplatform.user',
      'serviceAccount:stranger@local-other.iam.gserviceaccount.com',
    );
    const { models } = cloud.client({}, cloud.tokens.issueAccessToken(email).token);
    expect(await errorOf(models.generateContent(ASKED))).toMatchObject({
      code: 403,
      status: 'PERMISSION_DENIED',
      message:
        "Permission 'aiplatform.endpoints.predict' denied on resource '//aiplatform.googleapis.com/projects/local-test/" +
        "locations/europe-west1/publishers/google/models/gemini-2.5-flash' (or it may not exist).",
    });
  });

  it('with 403 where the API is not enabled', async () => {
    cloud.disabled.add('aiplatform.googleapis.com');
    const error = await errorOf(ask());
    expect(error).toMatchObject({
      code: 403,
      details: [expect.objectContaining({ reason: 'SERVICE_DISABLED' })],
    });
    expect(error.message).toContain('has not been used in project local-test before or it is disabled');
  });

  it.each([
    ['nothing to answer', { contents: ' ' }, 'has no text'],
    [
      'an answer of no length',
      { config: { maxOutputTokens: 0 } },
      'maxOutputTokens is 0; it must be 1 or more',
    ],
    [
      'the last word of the model',
      { contents: [{ role: 'model', parts: [{ text: 'No.' }] }] },
      'role "model"',
    ],
    ['an unknown field', { config: { httpOptions: { extraBody: { tempo: 1 } } } }, 'Unknown name "tempo"'],
  ])('with 400 for %s', async (_what, params, message) => {
    const error = await errorOf(ask(params));
    expect(error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
    expect(error.message).toContain(message);
  });

  it.each<[string, Partial<GenerateContentParameters>, string]>([
    ['tools', { config: { tools: [{ googleSearch: {} }] } }, 'tools'],
    ['a schema', { config: { responseMimeType: 'application/json' } }, 'answers in application/json'],
    ['two candidates', { config: { candidateCount: 2 } }, 'more than one candidate'],
    [
      'a picture',
      { contents: [{ inlineData: { data: 'AA==', mimeType: 'image/png' } }] },
      'parts with inlineData',
    ],
    ['stop sequences', { config: { stopSequences: ['.'] } }, 'stop sequences'],
  ])('with 501 and by its name for %s', async (_what, params, feature) => {
    expect(await errorOf(ask(params))).toMatchObject({
      code: 501,
      status: 'UNIMPLEMENTED',
      message: `The local cloud does not model ${feature} of Vertex AI.`,
    });
  });

  it('with 501 for embeddings', async () => {
    const call = cloud.client().models.embedContent({ model: 'text-embedding-005', contents: 'x' });
    expect((await errorOf(call)).message).toBe(
      'The local cloud does not model the method predict of Vertex AI.',
    );
  });

  it('with 404 for what it has not', async () => {
    const call = cloud.client().models.get({ model: 'gemini-2.5-flash' });
    expect(await errorOf(call)).toMatchObject({ code: 404, status: 'NOT_FOUND' });
  });

  it('with 400 for a body that is not JSON', async () => {
    const url = `${cloud.origin}/v1/projects/local-test/locations/global/publishers/google/models/m:generateContent`;
    const headers = { authorization: `Bearer ${cloud.token()}` };
    const response = await fetch(url, { method: 'POST', headers, body: '{' });
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining('Invalid JSON payload'),
    ]);
  });
});
