// Chromium by playwright-core, Firefox by puppeteer-core over BiDi, behind one small face:
// newPage() → { goto, evaluate, click, screenshot, close, console }.

import { accessSync } from 'node:fs';
import { requireFromWeb } from './modules.mjs';
import { instrument } from './probe.mjs';

const kChromium = process.env.CHROMIUM ?? '/usr/bin/chromium';
const kFirefox = process.env.FIREFOX ?? '/usr/bin/firefox-esr';

const kChromiumFlags = [
  '--no-sandbox',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
  '--disable-background-networking',
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--disable-component-update',
  '--disable-quic',
  '--no-first-run',
  // Without it, libwebrtc sends fewer layers below 960x540, and small pictures are what many
  // pages on few cores can carry.
  '--force-fieldtrials=WebRTC-LegacySimulcastLayerLimit/Disabled/',
];

const kFirefoxPrefs = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.getdisplaymedia.enabled': true,
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'app.update.enabled': false,
  'browser.safebrowsing.update.enabled': false,
  'extensions.getAddons.cache.enabled': false,
  // No OpenH264 download.
  'media.gmp-manager.updateEnabled': false,
  'media.gmp-gmpopenh264.autoupdate': false,
  'datareporting.policy.dataSubmissionEnabled': false,
};

const kConsoleLines = 200;

function recorder() {
  const lines = [];
  return {
    lines,
    add: (line) => {
      lines.push(line);
      if (lines.length > kConsoleLines) lines.shift();
    },
  };
}

export function available(name) {
  try {
    accessSync(name === 'firefox' ? kFirefox : kChromium);
    return true;
  } catch {
    return false;
  }
}

export async function launchChromium({ insecureTls = false, flags = [], dark = false } = {}) {
  const { chromium } = requireFromWeb('playwright-core');
  const browser = await chromium.launch({
    executablePath: kChromium,
    headless: true,
    args: [...kChromiumFlags, ...(insecureTls ? ['--ignore-certificate-errors'] : []), ...flags],
    // Playwright mutes and hides nothing that these tests need.
    ignoreDefaultArgs: ['--mute-audio'],
  });
  return {
    name: 'chromium',
    version: browser.version(),
    async newPage({ viewport = { width: 960, height: 640 }, colorScheme } = {}) {
      const context = await browser.newContext({
        viewport,
        colorScheme: colorScheme ?? (dark ? 'dark' : 'light'),
        ignoreHTTPSErrors: insecureTls,
        permissions: ['camera', 'microphone'],
      });
      await context.addInitScript(instrument);
      const page = await context.newPage();
      const record = recorder();
      page.on('console', (m) => record.add(`${m.type()}: ${m.text()}`));
      page.on('pageerror', (e) => record.add(`uncaught: ${e.message}`));
      return {
        browser: 'chromium',
        console: record.lines,
        beforeScripts: (fn) => page.addInitScript(fn),
        goto: (url) => page.goto(url, { waitUntil: 'domcontentloaded', timeout: 20_000 }),
        evaluate: (fn, arg) => bounded(page.evaluate(fn, arg), 'a script in the page'),
        click: (selector) => page.click(selector, { timeout: 10_000 }),
        fill: (selector, text) => page.fill(selector, text, { timeout: 10_000 }),
        press: (key) => page.keyboard.press(key),
        text: (selector) => page.textContent(selector, { timeout: 10_000 }),
        screenshot: (path) => page.screenshot({ path }),
        close: () => context.close(),
      };
    },
    close: () => browser.close(),
  };
}

export async function launchFirefox() {
  const { default: puppeteer } = requireFromWeb('puppeteer-core');
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: kFirefox,
    headless: true,
    extraPrefsFirefox: kFirefoxPrefs,
    timeout: 60_000,
  });
  return {
    name: 'firefox',
    version: await browser.version(),
    async newPage({ viewport = { width: 960, height: 640 } } = {}) {
      const page = await browser.newPage();
      await page.setViewport(viewport);
      await page.evaluateOnNewDocument(instrument);
      const record = recorder();
      page.on('console', (m) => record.add(`${m.type()}: ${m.text()}`));
      page.on('pageerror', (e) => record.add(`uncaught: ${e.message}`));
      return {
        browser: 'firefox',
        console: record.lines,
        beforeScripts: (fn) => page.evaluateOnNewDocument(fn),
        goto: (url) => page.goto(url, { waitUntil: 'domcontentloaded', timeout: 30_000 }),
        evaluate: (fn, arg) => bounded(page.evaluate(fn, arg), 'a script in the page'),
        click: (selector) => page.locator(selector).setTimeout(10_000).click(),
        fill: (selector, text) => page.locator(selector).setTimeout(10_000).fill(text),
        press: (key) => page.keyboard.press(key),
        text: (selector) => page.$eval(selector, (e) => e.textContent),
        screenshot: (path) => page.screenshot({ path }),
        close: () => page.close(),
      };
    },
    close: () => browser.close(),
  };
}

const kEvaluateMs = 20_000;

function bounded(promise, what) {
  let timer;
  const late = new Promise((_done, fail) => {
    timer = setTimeout(() => fail(new Error(`${what} took over ${kEvaluateMs} ms`)), kEvaluateMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
