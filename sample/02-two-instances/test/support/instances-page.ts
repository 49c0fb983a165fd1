import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';

/** The page, as somebody sees and uses it. */
export class InstancesPage {
  /** What the browser had to complain about. */
  readonly complaints: string[] = [];

  private constructor(private readonly page: Page) {
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
  }

  static async open(
    browser: Browser,
    url: string,
    options: BrowserContextOptions = {},
  ): Promise<InstancesPage> {
    const context = await browser.newContext(options);
    const opened = new InstancesPage(await context.newPage());
    await opened.page.goto(url);
    await opened.page.locator('.instance .badge[data-kind]').nth(1).waitFor();
    return opened;
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  /** Presses a button, and waits until what it began has ended and is shown. */
  async press(name: string): Promise<void> {
    await this.button(name).click();
    await this.#idle();
  }

  async pressEnter(): Promise<void> {
    await this.page.keyboard.press('Enter');
    await this.#idle();
  }

  verdict(): Promise<string> {
    return this.page.locator('.verdict').innerText();
  }

  text(instance: 'A' | 'B', selector: string): Promise<string> {
    return this.#part(instance, selector).innerText();
  }

  async price(instance: 'A' | 'B'): Promise<number> {
    const [digits] = /\d+/.exec(await this.text(instance, '.price')) ?? [];
    return Number(digits);
  }

  /** Waits until the instance is shown as `verified` or `not verified`. */
  async shows(instance: 'A' | 'B', badge: string): Promise<void> {
    const shown = this.#part(instance, '.badge').filter({ hasText: new RegExp(`^${badge}$`) });
    await shown.waitFor();
  }

  /** The text of what has the focus. */
  focused(): Promise<string | null | undefined> {
    return this.page.evaluate(() => document.activeElement?.textContent);
  }

  /** Whether something sticks out at the right, so that the page scrolls sideways. */
  overflows(): Promise<boolean> {
    return this.page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  }

  backgroundColour(): Promise<string> {
    return this.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  }

  /** @returns how many bytes the picture has */
  async photograph(path: string | undefined): Promise<number> {
    return (await this.page.screenshot({ fullPage: true, path })).byteLength;
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  #part(instance: 'A' | 'B', selector: string): Locator {
    return this.page.locator(`[data-instance="${instance}"] ${selector}`);
  }

  async #idle(): Promise<void> {
    await this.page.waitForFunction(() => document.body.ariaBusy !== 'true');
  }
}
