import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import type { Span } from '../../../local/trace/span';
import { LOGS, span, SPANS, TRACE_ID } from '../trace/pipeline-trace';
import { Browser } from './browser';
import { PageFixture } from './page-fixture';

let browser: Browser;
let cloud: PageFixture;
beforeAll(async () => {
  browser = await Browser.launch();
  cloud = await PageFixture.start();
  await cloud.receive(SPANS, LOGS);
});
afterAll(async () => {
  await cloud.dispose();
  await browser.dispose();
});
afterEach(async () => {
  await Promise.all(browser.context.pages().map((page) => page.close()));
});

async function openTrace(parameters = ''): Promise<Page> {
  return await browser.open(cloud.at(`#/trace/${TRACE_ID}${parameters}`));
}

/** So many milliseconds after the start of the trace, in nanoseconds since the epoch. */
function at(offsetMs: number): string {
  return String((SPANS[0]?.startUnixNano ?? 0n) + BigInt(offsetMs) * 1_000_000n);
}

/** Name of the row that has the keyboard's focus. */
async function focused(page: Page): Promise<string | null> {
  return await page.locator('[role=row]:focus .text').textContent();
}

async function press(page: Page, ...keys: string[]): Promise<string | null> {
  for (const key of keys) await page.keyboard.press(key);
  return await focused(page);
}

describe('the waterfall', () => {
  test('is a tree grid that says where each row stands', async () => {
    const page = await openTrace();
    const grid = page.getByRole('treegrid', { name: 'Waterfall' });
    await expect(grid.getAttribute('aria-rowcount')).resolves.toBe('10');
    await expect(grid.getByRole('columnheader').allTextContents()).resolves.toEqual([
      'Span',
      'Service',
      'Start',
      'Duration',
      '01,112 ms',
    ]);
    const row = grid.getByRole('row', { name: 'POST /documents' });
    const said = ['aria-level', 'aria-posinset', 'aria-setsize', 'aria-rowindex', 'aria-expanded'];
    await expect(Promise.all(said.map((name) => row.getAttribute(name)))).resolves.toEqual([
      '5',
      '1',
      '1',
      '8',
      'true',
    ]);
  });

  test('tells failures, deadlines and log lines in words as well', async () => {
    const page = await openTrace();
    const first = page.getByRole('row', { name: 'POST /process' });
    await expect(first.locator('.time').textContent()).resolves.toBe(
      'failed: processor did not answer within 1000 ms; 3.9 ms on the critical path; 2 log lines, 1 of them errors',
    );
    await expect(first.locator('.mark').count()).resolves.toBe(2);
    await expect(first.locator('.mark.error').count()).resolves.toBe(1);
  });

  test('shows an orphan, and the page says whose parent is missing', async () => {
    const page = await openTrace();
    const orphan = page.getByRole('row', { name: 'storage.objects.insert summaries' });
    await expect(orphan.textContent()).resolves.toContain('orphan: its parent has not arrived');
    await expect(page.getByRole('region', { name: 'What is missing' }).textContent()).resolves.toContain(
      "parent 00000000000000c3 has not arrived, of storage 'storage.objects.insert summaries'",
    );
  });

  test('is moved through, folded and unfolded by the keyboard alone', async () => {
    // GIVEN
    const page = await openTrace();
    await page.locator('[role=row][tabindex="0"]').focus();
    // THEN
    await expect(press(page, 'ArrowDown', 'ArrowDown')).resolves.toBe('POST processor');
    await expect(press(page, 'End')).resolves.toBe('storage.objects.insert summaries');
    await expect(press(page, 'Home')).resolves.toBe('POST /process');
    await expect(press(page, 'ArrowRight')).resolves.toBe('validate document');
    await expect(press(page, 'ArrowLeft')).resolves.toBe('POST /process');
    // WHEN
    await page.keyboard.press('ArrowLeft');
    // THEN
    const row = page.locator('[role=row]:focus');
    await expect(row.getAttribute('aria-expanded')).resolves.toBe('false');
    await expect(page.locator('.rows [role=row]').count()).resolves.toBe(2);
    await expect(press(page, 'ArrowDown')).resolves.toBe('storage.objects.insert summaries');
    await expect(press(page, 'ArrowUp', 'ArrowRight', 'ArrowDown')).resolves.toBe('validate document');
    // The tab key leaves the grid, and comes back to the row.
    await page.keyboard.press('Tab');
    await expect(press(page, 'Shift+Tab')).resolves.toBe('validate document');
  });

  test('shows details of the selected row, with the log lines of the scope that is chosen', async () => {
    // GIVEN
    const page = await openTrace();
    await page.locator('[role=row][tabindex="0"]').focus();
    // WHEN
    await page.keyboard.press('Enter');
    // THEN
    const details = page.getByRole('complementary', { name: 'Details of the selected row' });
    await details.getByRole('heading', { name: 'POST /process' }).waitFor();
    await expect(page.getByRole('row', { selected: true }).locator('.text').textContent()).resolves.toBe(
      'POST /process',
    );
    await expect(details.getByRole('table', { name: 'Attributes' }).textContent()).resolves.toContain(
      'http.response.status_code504',
    );
    const lines = details.getByRole('table', { name: 'Log lines' }).locator('tbody tr');
    await details.getByLabel('this span').check();
    await expect(lines.count()).resolves.toBe(2);
    await details.getByLabel('with those below').check();
    await expect(lines.count()).resolves.toBe(5);
    await details.getByLabel('whole trace').check();
    await expect(lines.count()).resolves.toBe(6);
    expect(page.url()).toBe(cloud.at(`#/trace/${TRACE_ID}?span=00000000000000a1`));
  });

  test('is searched by the slash key, also in folded rows and in log lines', async () => {
    // GIVEN
    const page = await openTrace();
    await page.locator('[role=row][tabindex="0"]').focus();
    await page.keyboard.press('ArrowLeft');
    // WHEN
    await page.keyboard.press('/');
    await page.keyboard.type('Extract');
    // THEN
    await page.getByText('1 found', { exact: true }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('1 of 1 found').waitFor();
    await expect(page.getByRole('row', { selected: true }).locator('.text').textContent()).resolves.toBe(
      'extract text',
    );
    await page.getByLabel('Search in this trace').fill('document stored');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('row', { selected: true }).locator('.text').textContent()).resolves.toBe(
      'POST /documents',
    );
    expect(page.url()).toContain('q=document+stored');
  });

  test('opens at the span and the search of its address', async () => {
    const page = await openTrace('?span=00000000000000b3&q=POST');
    await expect(page.getByRole('row', { selected: true }).locator('.text').textContent()).resolves.toBe(
      'POST storage',
    );
    await expect(page.locator('.row.found').count()).resolves.toBe(5);
  });

  test('grows with spans that arrive late, and keeps the selection', async () => {
    // GIVEN
    const traceId = 'ee'.repeat(16);
    await cloud.receive([span('a1', undefined, 'gateway', 'GET /late', [0, 10], { traceId })]);
    const page = await browser.open(cloud.at(`#/trace/${traceId}?span=00000000000000a1`));
    // WHEN
    await cloud.receive([span('a2', 'a1', 'gateway', 'late one', [2, 4], { traceId })]);
    // THEN
    await page.getByRole('row', { name: 'late one' }).waitFor();
    await expect(page.getByRole('row', { selected: true }).locator('.text').textContent()).resolves.toBe(
      'GET /late',
    );
  });

  test('has a row for what is called and sends no spans', async () => {
    // GIVEN
    const traceId = 'dd'.repeat(16);
    const client = (spanId: string, attributes: Span['attributes']): Span =>
      span(spanId, 'a1', 'storage', 'call', [1, 5], { traceId, kind: 'client', attributes });
    await cloud.receive([
      span('a1', undefined, 'storage', 'PUT', [0, 10], { traceId }),
      client('a2', {
        'gcp.storage.bucket': 'documents',
        'gcp.storage.bucket.location': 'US-EAST1',
      }),
      client('a3', { 'server.address': 'api.example.com', 'server.port': 443 }),
      client('a4', {}),
    ]);
    // WHEN
    const page = await browser.open(cloud.at(`#/trace/${traceId}`));
    // THEN
    await expect(page.locator('.row.peer .text').allTextContents()).resolves.toEqual([
      'bucket documents in US-EAST1',
      'api.example.com:443',
    ]);
    await expect(page.locator('.row.peer').first().textContent()).resolves.toContain(
      'sends no spans of its own',
    );
  });
});

test('the heading names the service that the request came to, not the front end before it', async () => {
  // GIVEN
  const traceId = 'cc'.repeat(16);
  const more = { traceId, kind: 'server' } as const;
  const attributes = { 'http.request.method': 'POST', 'http.route': '/process' };
  const behind = { 'g.co/r/cloud_run_revision/service_name': 'gateway-local' };
  await cloud.receive([
    span('f1', undefined, 'Cloud Run', 'gateway-local /process', [0, 20], { ...more, attributes: behind }),
    span('a1', 'f1', 'gateway', 'POST /process', [1, 18], { ...more, attributes }),
  ]);
  // WHEN
  const page = await browser.open(cloud.at(`#/trace/${traceId}`));
  // THEN
  await expect(page.getByRole('heading', { level: 1 }).textContent()).resolves.toBe('gateway POST /process');
  await expect(page.title()).resolves.toBe('gateway POST /process · Local cloud');
});

test('critical path, dark time and deadlines stand on the bars where the cloud tells them', async () => {
  // GIVEN
  const story = {
    criticalPath: [{ spanId: '00000000000000a3', startUnixNano: at(3), endUnixNano: at(10) }],
    darkTimes: [
      {
        parentSpanId: '00000000000000a3',
        startUnixNano: at(3),
        endUnixNano: at(9),
        between: 'gateway and processor',
      },
    ],
    deadlines: [{ spanId: '00000000000000a1', unixNano: at(1_000), ms: 1_000, service: 'gateway' }],
  };
  await browser.context.route(new RegExp(`/traces/${TRACE_ID}$`), async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...JSON.parse(await response.text()), ...story } });
  });
  // WHEN
  const page = await openTrace();
  // THEN
  await expect(page.locator('.row.dark .text').allTextContents()).resolves.toEqual([
    'dark: gateway and processor',
  ]);
  const first = page.getByRole('row', { name: 'POST /process' });
  await expect(first.locator('.time').textContent()).resolves.toContain('deadline of 1,000 ms passed');
  // The deadline of a span is drawn through everything below it.
  await expect(page.locator('.deadline').count()).resolves.toBe(9);
  const call = page.getByRole('row', { name: 'POST processor' });
  await expect(call.locator('.critical').count()).resolves.toBe(1);
  await expect(call.locator('.time').textContent()).resolves.toContain('7.0 ms on the critical path');
  await browser.context.unrouteAll();
});

describe('a trace of 2,000 spans', () => {
  const traceId = 'ff'.repeat(16);
  const FIRST_ID = 0x10_00_00;
  /** As many as are in sight, some more above and below, and the head. */
  const AT_MOST = 80;

  beforeAll(async () => {
    const spans = Array.from({ length: 2_000 }, (_, index) => {
      const parent = index === 0 ? undefined : (FIRST_ID + Math.floor((index - 1) / 3)).toString(16);
      return span(
        (FIRST_ID + index).toString(16),
        parent,
        `service-${index % 9}`,
        `work ${index}`,
        [index, 5],
        { traceId },
      );
    });
    await cloud.receive(spans);
  });

  test('has only the rows in sight in the document, to its last one', async () => {
    const page = await browser.open(cloud.at(`#/trace/${traceId}`));
    const rows = page.getByRole('row');
    await expect(page.getByRole('treegrid').getAttribute('aria-rowcount')).resolves.toBe('2001');
    await expect(rows.count()).resolves.toBeLessThan(AT_MOST);

    await page.locator('[role=row][tabindex="0"]').focus();
    await page.keyboard.press('End');
    await expect(page.locator('[role=row]:focus').getAttribute('aria-rowindex')).resolves.toBe('2001');
    await expect(rows.count()).resolves.toBeLessThan(AT_MOST);
    await expect(press(page, 'Home', 'PageDown', 'PageUp')).resolves.toBe('work 0');
  });

  test('keeps the focused row while it is scrolled out of sight', async () => {
    const page = await browser.open(cloud.at(`#/trace/${traceId}`));
    await page.locator('[role=row][tabindex="0"]').focus();
    await page.getByRole('treegrid').hover();
    await page.mouse.wheel(0, 30_000);
    await page.locator('[role=row][aria-rowindex="1090"]').waitFor();
    await expect(focused(page)).resolves.toBe('work 0');
    await expect(page.getByRole('row').count()).resolves.toBeLessThan(AT_MOST);
  });

  test('is searched as a whole', async () => {
    const page = await browser.open(cloud.at(`#/trace/${traceId}?q=work+1999`));
    await page.getByText('1 found').waitFor();
    await page.getByLabel('Search in this trace').press('Enter');
    await expect(page.getByRole('row', { selected: true }).locator('.text').textContent()).resolves.toBe(
      'work 1999',
    );
  });
});

test('the trace begins with its explanation, and is exported as OTLP JSON', async () => {
  const page = await openTrace();
  const answer = await fetch(cloud.at(`traces/${TRACE_ID}/explanation`));
  const told: { paragraph: string } = JSON.parse(await answer.text());
  expect(told.paragraph).not.toBe('');
  await expect(
    page.getByRole('region', { name: 'Explanation' }).locator('p').first().textContent(),
  ).resolves.toBe(told.paragraph);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export as OTLP JSON' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe(`${TRACE_ID}.otlp.json`);
  const exported = await fetch(cloud.at(`traces/${TRACE_ID}/otlp`)).then((response) => response.json());
  expect(JSON.parse(readFileSync(await download.path(), 'utf8'))).toEqual(exported);
});
