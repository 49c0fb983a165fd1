import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';

export type Query = 'near' | 'search' | 'summary' | 'city';

/** The page, as somebody sees and uses it. */
export class GuidePage {
  /** What the browser had to complain about. */
  readonly complaints: string[] = [];
  /** Who has answered, request by request. */
  readonly answers: string[] = [];

  private constructor(readonly page: Page) {
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('response', (response) => {
      const answeredBy = /^\w+/.exec(response.headers()['server-timing'] ?? '')?.[0];
      if (answeredBy !== undefined) this.answers.push(answeredBy);
    });
  }

  static async open(
    browser: Browser,
    url: string,
    options: BrowserContextOptions = {},
  ): Promise<GuidePage> {
    const context = await browser.newContext(options);
    const guide = new GuidePage(await context.newPage());
    await guide.page.goto(url);
    await guide.page.locator('.tier').first().waitFor();
    return guide;
  }

  query(name: Query): Locator {
    return this.page.locator(`[data-query="${name}"]`);
  }

  async fill(name: Query, fields: Readonly<Record<string, string>>): Promise<void> {
    for (const [label, value] of Object.entries(fields)) {
      await this.query(name).getByLabel(label).fill(value);
    }
  }

  async ask(name: Query): Promise<void> {
    await this.press(name, 'Ask');
  }

  /** Presses a button, and waits until what it began has ended. */
  async press(name: Query, button: string): Promise<void> {
    const pressed = this.query(name).getByRole('button', { name: button, exact: true });
    await pressed.click();
    await this.idle(name);
  }

  async idle(name: Query): Promise<void> {
    await this.page.waitForFunction(
      (query) => document.querySelector(`[data-query="${query}"]`)?.ariaBusy !== 'true',
      name,
    );
  }

  verdict(name: Query): Promise<string> {
    return this.query(name).locator('.verdict').innerText();
  }

  answer(name: Query): Promise<string> {
    return this.query(name).locator('.answer').innerText();
  }

  /** The time that is shown, in milliseconds, or NaN where none is. */
  async time(name: Query, source: 'database' | 'cache'): Promise<number> {
    const shown = this.query(name).locator(`[data-source="${source}"] .duration`);
    return Number.parseFloat((await shown.innerText()).replaceAll(',', ''));
  }

  /** The label of the cache's time: the tier that answered. */
  tierThatAnswered(name: Query): Promise<string> {
    return this.query(name).locator('[data-source="cache"] small').innerText();
  }

  /** The hit ratio that is shown for a tier, in per cent; 0 where it was not asked yet. */
  async hitRatio(tier: string): Promise<number> {
    const shown = this.page.locator(`[data-tier="${tier}"] .ratio`);
    return Number.parseFloat(await shown.innerText()) || 0;
  }

  /** Whether something sticks out at the right, so that the page scrolls sideways. */
  overflows(): Promise<boolean> {
    return this.page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  }

  backgroundColour(): Promise<string> {
    return this.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
