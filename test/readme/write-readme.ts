import { readFileSync, writeFileSync } from 'node:fs';
import { renderWaterfall } from '../../local/trace/waterfall';
import { DeployedPipeline } from '../helpers/deployed-pipeline';
import { generatedSections, README_FILE, replaceSection } from '../helpers/readme';
import { takePictures } from './take-pictures';

/** Columns of a code block on the pages where a README is read. */
const PICTURE_COLUMNS = 100;

/** `npm run readme`: writes the README's sections that come from the code, and pictures of a trace that was just made. */
async function writeReadme(): Promise<void> {
  const pipeline = await DeployedPipeline.start();
  try {
    const body =
      '# Where the time went\n\nA request crosses three services. Its trace says where its time went.';
    const { traceId, spans, logs } = await pipeline.traceOf(await pipeline.process(body, 'text/markdown'));
    const picture = renderWaterfall(spans, logs, { width: PICTURE_COLUMNS, colour: false });
    const sections = { ...generatedSections(), picture: `\`\`\`text\n${picture}\n\`\`\`` };
    const readme = Object.entries(sections).reduce(
      (text, [name, content]) => replaceSection(text, name, content),
      readFileSync(README_FILE, 'utf8'),
    );
    writeFileSync(README_FILE, readme);
    await takePictures(pipeline.cloud.url, traceId);
  } finally {
    await pipeline.dispose();
  }
}

void writeReadme();
