import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Browser } from '../local/page/browser';

const DIRECTORY = resolve(__dirname, '../../.github');

/** Pictures of a trace on the page of the local cloud, for pages in light and in dark colours: `.github/trace-light.png`. */
export async function takePictures(cloudUrl: string, traceId: string): Promise<void> {
  mkdirSync(DIRECTORY, { recursive: true });
  for (const colorScheme of ['light', 'dark'] as const) {
    const browser = await Browser.launch({ colorScheme, viewport: { width: 1_200, height: 640 } });
    try {
      const page = await browser.open(`${cloudUrl}/#/trace/${traceId}`);
      await page.screenshot({ path: join(DIRECTORY, `trace-${colorScheme}.png`) });
    } finally {
      await browser.dispose();
    }
  }
}
