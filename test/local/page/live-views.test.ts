import type { Page } from 'playwright-core';
import { Browser } from './browser';
import { PageFixture } from './page-fixture';

const ALERT = {
  policy: 'projects/local-test/alertPolicies/1',
  title: 'gateway fails',
  condition: 'more than 1 % of requests',
  state: 'firing',
  since: '2026-03-01T09:31:00Z',
  value: 0.2,
  threshold: 0.01,
  unit: '1',
  documentation: 'Requests fail.',
};

let cloud: PageFixture;
let browser: Browser;
beforeAll(async () => {
  cloud = await PageFixture.start();
  browser = await Browser.launch();
  await browser.context.clock.install();
});
afterAll(async () => {
  await browser.dispose();
  await cloud.dispose();
});

/** Lets the page look again; done when what it has asked for is there. */
async function lookAgain(page: Page, door: string): Promise<void> {
  const answered = page.waitForEvent('requestfinished', (request) => request.url().endsWith(door));
  await page.clock.runFor(5_000);
  await answered;
}

test('a service that is deployed appears in the graph', async () => {
  const nodes: object[] = [];
  await browser.context.route(/\/graph$/, (route) => route.fulfill({ json: { nodes, edges: [] } }));
  const page = await browser.open(cloud.at('#/graph'));
  await page.getByText('Nothing is deployed.').waitFor();
  nodes.push({ id: 'gateway', kind: 'service', region: 'europe-west1' });
  await lookAgain(page, '/graph');
  await page.locator('.node').getByText('gateway').waitFor();
  await expect(page.getByRole('heading', { level: 1 }).allTextContents()).resolves.toEqual(['Services']);
});

test('an alert appears, and changes when nobody reads what to do', async () => {
  let alerts: object[] = [];
  await browser.context.route(/\/alerts$/, (route) => route.fulfill({ json: alerts }));
  const page = await browser.open(cloud.at('#/alerts'));
  await page.getByText('No alert policy has fired.').waitFor();
  // WHEN
  alerts = [ALERT];
  await lookAgain(page, '/alerts');
  // THEN
  await page.getByText('● Firing: gateway fails').waitFor();
  // WHEN
  alerts = [{ ...ALERT, state: 'ended', until: '2026-03-01T09:41:00Z' }];
  await page.getByText('What to do').click();
  await page.locator('h1').click();
  await lookAgain(page, '/alerts');
  // With the second look, all that came of the first is on the page.
  await lookAgain(page, '/alerts');
  // THEN
  await expect(page.getByText('Requests fail.').isVisible()).resolves.toBe(true);
  await expect(page.getByText('○ Ended').count()).resolves.toBe(0);
  // WHEN
  await page.getByText('What to do').click();
  await page.locator('h1').click();
  await lookAgain(page, '/alerts');
  // THEN
  await page.getByText('○ Ended: gateway fails').waitFor();
});
