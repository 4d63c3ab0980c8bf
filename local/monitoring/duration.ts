/** Milliseconds of a duration as the API writes it, such as `60s`; 0 for none. */
export function durationMs(text: string | undefined): number {
  const seconds = Number(/^(\d+(?:\.\d+)?)s$/.exec(text ?? '0s')?.[1]);
  if (Number.isNaN(seconds)) throw new Error(`'${text}' is no duration, such as 60s`);
  return seconds * 1000;
}
