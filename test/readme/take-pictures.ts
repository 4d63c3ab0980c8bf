import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Browser } from '../local/page/browser';

const DIRECTORY = resolve(__dirname, '../../.github');

/** Pictures of a trace on the page, for pages in light and in dark colours: `.github/trace-light.png`. */
export async function takePictures(traceUrl: string): Promise<void> {
  mkdirSync(DIRECTORY, { recursive: true });
  for (const colorScheme of ['light', 'dark'] as const) {
    const browser = await Browser.launch({ colorScheme, viewport: { width: 1_200, height: 760 } });
    try {
      const page = await browser.open(traceUrl);
      await page.screenshot({ path: join(DIRECTORY, `trace-${colorScheme}.png`) });
    } finally {
      await browser.dispose();
    }
  }
}
