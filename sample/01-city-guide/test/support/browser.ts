import { chromium, type Browser } from 'playwright-core';

/** No window, no sandbox (which root cannot have), and nothing that would call out of this machine. */
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the browser that CHROMIUM_BIN names. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM_BIN'];
  if (executablePath === undefined) {
    throw new Error('CHROMIUM_BIN is not set: run the test by npm run test:browser');
  }
  return chromium.launch({ executablePath, args: ARGUMENTS });
}
