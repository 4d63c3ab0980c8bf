import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';

/** Where Debian's package `chromium` puts it. */
const DEBIAN_CHROMIUM = '/usr/bin/chromium';

/** Keep the browser's own traffic and what needs a desktop out of a test; root has no sandbox. */
const ARGUMENTS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

export interface BrowserOptions {
  readonly colorScheme?: 'light' | 'dark';
  readonly viewport?: { readonly width: number; readonly height: number };
}

/** A real Chromium with a profile of its own, which remembers what pages asked for. */
export class Browser {
  /** URLs of all requests, `data:` and `blob:` left out. */
  readonly requests: string[] = [];
  /** What pages wrote to the console as errors, violations of the content security policy among them. */
  readonly errors: string[] = [];

  static async launch(options: BrowserOptions = {}): Promise<Browser> {
    const executablePath = process.env['CHROMIUM_PATH'] ?? DEBIAN_CHROMIUM;
    if (!existsSync(executablePath)) {
      throw new Error(
        `There is no browser at ${executablePath}: install Debian's package chromium, or name another Chromium with CHROMIUM_PATH.`,
      );
    }
    const profile = await mkdtemp(join(tmpdir(), 'page-browser-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath,
      chromiumSandbox: process.getuid?.() !== 0,
      args: ARGUMENTS,
      colorScheme: options.colorScheme ?? 'light',
      reducedMotion: 'reduce',
      viewport: options.viewport ?? { width: 1280, height: 800 },
    });
    return new Browser(context, profile);
  }

  private constructor(
    readonly context: BrowserContext,
    private readonly profile: string,
  ) {
    context.on('request', (request) => {
      if (/^(?:https?|wss?):/.test(request.url())) this.requests.push(request.url());
    });
    context.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
    context.on('weberror', (error) => this.errors.push(String(error.error())));
  }

  /** A new tab at the address. */
  async open(url: string): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(url);
    await page.locator('h1').waitFor();
    return page;
  }

  async dispose(): Promise<void> {
    await this.context.close();
    await rm(this.profile, { recursive: true, force: true });
  }
}
