import type { ProjectCopy } from './project-copy';

const STAYS_UP = /On a page: ((http:\S+\/)#\/trace\/([0-9a-f]{32}))\n.*Stays up until Ctrl-C/;

/** A scenario that has been played, with the local cloud still there. */
export interface PlayedScenario {
  /** What was printed. */
  readonly text: string;
  /** Address of the page, with a `/` at its end. */
  readonly url: string;
  readonly traceUrl: string;
}

/** Plays a scenario in the project, has it looked at, and ends the local cloud. Throws when it ended otherwise than well. */
export async function playScenario(
  project: ProjectCopy,
  name: string,
  look: (played: PlayedScenario) => Promise<void>,
): Promise<void> {
  const start = project.npm('start', '--silent', '--', '--port', '0', '--scenario', name);
  await start.until(STAYS_UP);
  const text = start.printed();
  const [, traceUrl = '', url = ''] = STAYS_UP.exec(text) ?? [];
  // What has not gone as the scenario's file says is marked so.
  if (/✘|should have been/.test(text)) throw new Error(text);
  try {
    await look({ text, url, traceUrl });
  } finally {
    await project.npm('run', '--silent', 'local', '--', 'down').ended;
    await start.ended;
  }
}
