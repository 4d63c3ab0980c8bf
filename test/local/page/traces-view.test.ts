import { log, span } from '../trace/pipeline-trace';
import { Browser } from './browser';
import { PageFixture } from './page-fixture';

const OK = 'aa'.repeat(16);
const FAILED = 'bb'.repeat(16);
const LATE = 'cc'.repeat(16);

function request(traceId: string, offsetMs: number, failed = false) {
  const attributes = { 'http.request.method': 'GET', 'http.response.status_code': failed ? 504 : 200 };
  const more = { traceId, kind: 'server', status: failed ? 'error' : 'unset', attributes } as const;
  return span('a1', undefined, 'gateway', 'GET /documents/:id', [offsetMs, failed ? 1_004 : 12], more);
}

let browser: Browser;
let cloud: PageFixture;
beforeAll(async () => {
  browser = await Browser.launch();
});
afterAll(async () => {
  await browser.dispose();
});
beforeEach(async () => {
  cloud = await PageFixture.start();
  await cloud.receive([request(OK, 0), request(FAILED, 1_000, true)]);
});
afterEach(async () => {
  await Promise.all(browser.context.pages().map((page) => page.close()));
  await cloud.dispose();
});

describe('the list of traces', () => {
  test('is what the address of the cloud shows, newest first, each a link to its trace', async () => {
    const page = await browser.open(cloud.at(''));
    const rows = page.locator('tbody tr');
    await expect(rows.allTextContents()).resolves.toEqual([
      expect.stringMatching(/^09:30:01\.000gateway GET \/documents\/:id✕ failed.*1,004 ms/),
      expect.stringMatching(/^09:30:00\.000gateway GET \/documents\/:id.*12\.0 ms/),
    ]);
    await rows.first().getByRole('link').click();
    await page.getByRole('treegrid').waitFor();
    expect(page.url()).toBe(cloud.at(`#/trace/${FAILED}`));
  });

  test('keeps its filters in the address, which shows the same again', async () => {
    // GIVEN
    const page = await browser.open(cloud.at('#/traces'));
    // WHEN
    await page.getByLabel('Errors only').check();
    await page.getByLabel('Service').fill('gateway');
    await page.getByLabel('At least ms').fill('1000');
    await page.getByText('1 trace', { exact: true }).waitFor();
    // THEN
    const filters = 'service=gateway&minDurationMs=1000&errors=true';
    expect(page.url()).toBe(cloud.at(`#/traces?${filters}`));
    expect(browser.requests).toContain(cloud.at(`traces?limit=200&${filters}`));

    const again = await browser.open(cloud.at(`#/traces?${filters}&text=a&route=b&status=5xx`));
    await expect(again.getByLabel('Errors only').isChecked()).resolves.toBe(true);
    for (const [label, value] of [
      ['Text', 'a'],
      ['Service', 'gateway'],
      ['Route', 'b'],
      ['Status', '5xx'],
      ['At least ms', '1000'],
    ] as const) {
      await expect(again.getByLabel(label).inputValue()).resolves.toBe(value);
    }
  });

  test('shows a trace when it arrives, and again when it has changed', async () => {
    const page = await browser.open(cloud.at('#/traces'));
    await cloud.receive([request(LATE, 2_000)]);
    await page.getByText('3 traces').waitFor();
    const row = page.locator('tbody tr').first();
    await expect(row.getByRole('link').getAttribute('href')).resolves.toBe(`#/trace/${LATE}`);
    await cloud.receive([span('b1', 'a1', 'storage', 'PUT', [2_003, 4], { traceId: LATE })]);
    await row.getByText('gateway → storage').waitFor();
    await expect(page.locator('tbody tr').count()).resolves.toBe(3);
  });

  test('holds still while it is paused, says how much is new, and catches up', async () => {
    // GIVEN
    const page = await browser.open(cloud.at('#/traces'));
    const pause = page.getByRole('button', { name: 'Pause' });
    await pause.click();
    // WHEN
    await cloud.receive([request(LATE, 2_000)]);
    // THEN
    await page.getByText('2 traces, paused, 1 new').waitFor();
    await expect(page.locator('tbody tr').count()).resolves.toBe(2);
    await expect(pause.getAttribute('aria-pressed')).resolves.toBe('true');
    await pause.click();
    await page.getByText('3 traces', { exact: true }).waitFor();
  });

  test('leaves out what arrives and does not match', async () => {
    const page = await browser.open(cloud.at('#/traces?errors=true'));
    await page.getByText('1 trace', { exact: true }).waitFor();
    await cloud.receive([request(OK, 3_000), request(LATE, 4_000, true)]);
    await page.getByText('2 traces', { exact: true }).waitFor();
    await expect(page.getByRole('row', { name: '✕ failed' }).count()).resolves.toBe(2);
  });

  test('says in the words of the cloud what is wrong with a filter', async () => {
    const page = await browser.open(cloud.at('#/traces?errors=true'));
    await page.route(/\/traces\?/, (route) => route.continue({ url: cloud.at('traces?limit=none') }));
    await page.getByLabel('Text').fill('x');
    await page.getByText("limit is 'none'").waitFor();
    await expect(page.getByRole('status').textContent()).resolves.toBe(
      "limit is 'none', allowed is a whole number from 1",
    );
  });
});

test('a trace opens by its first digits, and one that is gone is said to be', async () => {
  const page = await browser.open(cloud.at('#/traces'));
  await page.getByLabel('Trace id').fill('bbbb');
  await page.getByLabel('Trace id').press('Enter');
  await page.getByText(FAILED).waitFor();
  await page.goto(cloud.at('#/trace/ffff'));
  await page.getByRole('heading', { name: 'There is no such trace' }).waitFor();
  await expect(page.locator('main').textContent()).resolves.toContain("No trace 'ffff' is kept here");
});

test('the log lines of a trace are listed by its link', async () => {
  await cloud.receive(
    [],
    [
      log('gateway', 'a1', 1, 'document received', { traceId: FAILED }),
      log('gateway', 'a1', 2, 'something else', { traceId: OK }),
    ],
  );
  const page = await browser.open(cloud.at(`#/trace/${FAILED}`));
  await page.getByRole('link', { name: 'Log lines' }).click();
  const lines = page.getByRole('table', { name: '1 log line' });
  await expect(lines.locator('tbody').textContent()).resolves.toContain('document received');
  await lines.getByRole('link', { name: FAILED.slice(0, 8) }).click();
  await page.getByRole('treegrid').waitFor();
});

test('clearing leaves none, on the page and in the cloud', async () => {
  const page = await browser.open(cloud.at('#/traces'));
  await page.getByRole('button', { name: 'Clear traces' }).click();
  await page.getByText('No trace matches').waitFor();
  await expect(fetch(cloud.at('traces')).then((response) => response.json())).resolves.toEqual([]);
});
