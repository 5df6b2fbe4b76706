import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

/** Debian's. */
const CHROMIUM = '/usr/bin/chromium';
/** Nothing that talks to the network by itself. */
const SWITCHES = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-sync',
];

/** A real browser, to be closed by who asked for it. @throws {Error} where it is not installed */
export function launchBrowser() {
  if (!existsSync(CHROMIUM)) throw new Error(`${CHROMIUM} is not installed (apt-get install chromium)`);
  return chromium.launch({ executablePath: CHROMIUM, headless: true, args: SWITCHES });
}
