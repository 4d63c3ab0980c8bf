import { readFileSync, writeFileSync } from 'node:fs';
import { renderWaterfall } from '../../local/trace/waterfall';
import { DeployedPipeline } from '../helpers/deployed-pipeline';
import { playScenario } from '../helpers/played-scenario';
import { ProjectCopy } from '../helpers/project-copy';
import { generatedSections, README_FILE, replaceSection } from '../helpers/readme';
import { takePictures } from './take-pictures';

/** Columns of a code block on the pages where a README is read. */
const PICTURE_COLUMNS = 100;

/** `npm run readme`: writes the README's sections that come from the code, from a trace and from an incident just made. */
async function writeReadme(): Promise<void> {
  const sections = {
    ...generatedSections(),
    picture: block(await drawTrace()),
    incident: block(await playIncident()),
  };
  const readme = Object.entries(sections).reduce(
    (text, [name, content]) => replaceSection(text, name, content),
    readFileSync(README_FILE, 'utf8'),
  );
  writeFileSync(README_FILE, readme);
}

async function drawTrace(): Promise<string> {
  const pipeline = await DeployedPipeline.start();
  try {
    const body =
      '# Where the time went\n\nA request crosses three services. Its trace says where its time went.';
    const { spans, logs } = await pipeline.traceOf(await pipeline.process(body, 'text/markdown'));
    return renderWaterfall(spans, logs, { width: PICTURE_COLUMNS, colour: false });
  } finally {
    await pipeline.dispose();
  }
}

/** Plays the incident, takes its pictures, and returns what was printed but for the waterfall. */
async function playIncident(): Promise<string> {
  const project = await ProjectCopy.make();
  let printed = '';
  try {
    await playScenario(project, 'wrong-region', async ({ text, traceUrl }) => {
      printed = text;
      await takePictures(traceUrl);
    });
  } finally {
    await project.dispose();
  }
  const lines = printed.split('\n');
  const traced = lines.findIndex((line) => line.startsWith('✔ trace'));
  const steps = lines
    .slice(0, traced + 1)
    .filter((line) => /^[✔!] /.test(line))
    .map((line) => wrap(line, ' '.repeat(11)));
  const explanation = lines.find((line) => line.startsWith('POST '));
  return `${steps.join('\n')}\n\n${wrap(explanation ?? '', '')}`;
}

/** Breaks a line at its spaces; what does not fit goes on behind the indent. */
function wrap(line: string, indent: string): string {
  const [first = '', ...words] = line.split(/(?<=\S) (?=\S)/);
  const lines = [first];
  for (const word of words) {
    const last = lines.at(-1) ?? '';
    if (last.length + 1 + word.length <= PICTURE_COLUMNS) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(indent + word);
  }
  return lines.join('\n');
}

function block(text: string): string {
  return `\`\`\`text\n${text}\n\`\`\``;
}

void writeReadme();
