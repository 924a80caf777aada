// Pages with sources of sound and pictures and with instruments, and speech for them.

import { execFileSync } from 'node:child_process';
import { openLab } from './lab.mjs';

/** `files`: contents by path, for the page to fetch. */
export async function openLabPage(t, browser, files) {
  const site = await t.site(files);
  const page = t.watch(await browser.newPage());
  page.dump = () => page.console.slice(-30).join('\n');
  await page.goto(site.origin);
  await page.evaluate(openLab);
  return page;
}

/** Words, as a wave file. */
export function speak(text) {
  return execFileSync('espeak-ng', ['--stdout', '-v', 'en-gb', '-s', '140', text]);
}
