import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../../01-city-guide/test/support/browser.js';
import { InstancesPage } from '../support/instances-page.js';
import { Launcher } from '../support/launcher.js';

describe('the page of the two instances', () => {
  let launcher: Launcher;
  let browser: Browser;
  let page: InstancesPage;

  beforeAll(async () => {
    launcher = await Launcher.start();
    await launcher.until(({ a, b }) => a.source === 'memory' && b.source === 'memory');
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await launcher?.app.stop();
  });

  afterEach(async () => {
    await page?.close();
  });

  it('shows that a change in one is gone from the other, and how soon', async () => {
    page = await InstancesPage.open(browser, launcher.url);
    const { store } = await launcher.state();

    await page.press('Change the price in A');

    expect(await page.verdict()).toMatch(
      /^A has changed the price to €.\d+; its invalidation took [\d.]+.ms\. B was asked [\d,]+ times meanwhile: it gave the old price for the last time (as|[\d,.]+.ms after) that began, and the new one, freshly loaded, after [\d,.]+.ms\.$/,
    );
    expect(await page.price('A')).toBe(store.euros + 1);
    expect(await page.price('B')).toBe(store.euros + 1);
    expect(page.complaints).toEqual([]);
  });

  it('shows what is proved and what waits, while Redis is stopped and after', async () => {
    page = await InstancesPage.open(browser, launcher.url);
    const old = await page.price('A');

    await page.press('Stop Redis');
    await page.shows('A', 'not verified');
    await page.shows('B', 'not verified');
    await page.press('Change the price in B');

    expect(await page.verdict()).toContain(
      'Redis does not answer, so A could not be told: that waits in B until Redis goes on. A still answers with the old price.',
    );
    expect(await page.price('A')).toBe(old);
    expect(await page.price('B')).toBe(old + 1);
    expect(await page.text('A', '.price')).toContain('(old)');
    expect(await page.text('B', '.pending')).toBe('1');

    await page.press('Continue Redis');
    expect(await page.verdict()).toMatch(/^Redis goes on\. [\d,.]+.ms later both instances were/);
    expect(await page.price('A')).toBe(old + 1);
    await page.shows('A', 'verified');
    expect(await page.text('B', '.pending')).toBe('0');
    expect(page.complaints).toEqual([]);
  });

  it('is used by keyboard alone', async () => {
    page = await InstancesPage.open(browser, launcher.url);
    await page.button('Stop Redis').focus();
    await page.pressEnter();
    expect(await page.focused()).toBe('Continue Redis');
    await page.pressEnter();
    expect(await page.focused()).toBe('Stop Redis');
    expect(page.complaints).toEqual([]);
  });

  it.each([320, 768])('fits a screen of %d pixels', async (width) => {
    page = await InstancesPage.open(browser, launcher.url, { viewport: { width, height: 700 } });
    await page.press('Change the price in B');
    expect(await page.overflows()).toBe(false);
    expect(page.complaints).toEqual([]);
  });

  it('looks different in the dark', async () => {
    page = await InstancesPage.open(browser, launcher.url);
    const light = await page.backgroundColour();
    await page.close();
    page = await InstancesPage.open(browser, launcher.url, { colorScheme: 'dark' });
    expect(await page.backgroundColour()).not.toBe(light);
  });

  // TWO_INSTANCES_SCREENSHOT is where to keep the picture; without it the tests leave no file behind.
  it('can be photographed', async () => {
    page = await InstancesPage.open(browser, launcher.url, {
      viewport: { width: 1100, height: 900 },
    });
    await page.press('Change the price in A');
    expect(await page.photograph(process.env['TWO_INSTANCES_SCREENSHOT'])).toBeGreaterThan(10_000);
  });
});
