// Runs cases one after another. A case is { name, needs: ['chromium', …], run(context) }. The
// context starts servers and browsers, and closes them whatever happens.

import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { available, launchChromium, launchFirefox } from './browsers.mjs';
import { output } from './modules.mjs';
import { Person } from './person.mjs';
import { Server } from './server.mjs';
import { Site } from './site.mjs';

/** No case may take longer, whatever it waits for. */
const kCaseMs = 240_000;
/**
 * Browsers, a server and their video on a few cores have moments that no product is to blame for.
 * So many cases may fail and pass when run again; they are named as unsteady, with what was seen.
 * A server that ended by itself gets no second chance.
 */
const kSecondChances = 2;

export class Skip extends Error {}

class Context {
  constructor() {
    this.servers = [];
    this.browsers = [];
    this.people = [];
    this.sites = [];
    this.measures = {};
  }

  async server(options) {
    const server = await Server.start(options);
    this.servers.push(server);
    return server;
  }
  /** The SDK's files and an empty page, without a server for rooms. */
  async site(files) {
    const site = await Site.start(files);
    this.sites.push(site);
    return site;
  }
  async chromium(options) {
    const browser = await launchChromium(options);
    this.browsers.push(browser);
    return browser;
  }
  async firefox(options) {
    const browser = await launchFirefox(options);
    this.browsers.push(browser);
    return browser;
  }
  async join(browser, server, options) {
    const person = await Person.join(browser, server, options);
    this.people.push(person);
    return person;
  }
  /** A page that is not the app; `dump` tells its state when a case fails. */
  watch(thing) {
    this.people.push(thing);
    return thing;
  }
  skip(reason) {
    throw new Skip(reason);
  }
  /** A figure worth seeing in every run. */
  measure(name, value, unit) {
    this.measures[name] = { value, unit };
    console.log(`measured: ${name}: ${value} ${unit}`);
  }

  async dump() {
    const parts = [];
    for (const person of this.people) {
      try {
        parts.push(await person.dump());
      } catch (error) {
        parts.push(`(no dump: ${error.message})`);
      }
    }
    for (const server of this.servers) {
      const rooms = new Set(this.people.map((p) => p.room).filter(Boolean));
      for (const room of rooms) {
        const detail = await server.room(room).catch((error) => error.message);
        parts.push(`--- server, room ${room}`, JSON.stringify(detail, null, 1));
      }
      parts.push('--- server log', server.logText());
    }
    return parts.join('\n');
  }

  async close() {
    for (const browser of this.browsers) await browser.close().catch(() => {});
    for (const server of this.servers) await server.stop().catch(() => {});
    for (const site of this.sites) await site.stop();
  }
}

async function runCase({ name, needs, run }) {
  const missing = needs.filter((browser) => !available(browser));
  if (missing.length > 0) return { name, outcome: 'skipped', reason: `no ${missing.join(', ')}` };
  const context = new Context();
  const started = Date.now();
  let timer;
  const late = new Promise((_done, fail) => {
    timer = setTimeout(() => fail(new Error(`took over ${kCaseMs} ms`)), kCaseMs);
  });
  const result = { name, outcome: 'passed' };
  try {
    await Promise.race([run(context), late]);
    for (const server of context.servers) {
      if (server.exited) throw new Error(`the server ended by itself (${server.exit})`);
    }
  } catch (error) {
    if (error instanceof Skip) {
      Object.assign(result, { outcome: 'skipped', reason: error.message });
    } else {
      const dump = await context.dump();
      const final = context.servers.some((server) => server.exited);
      const reason = error.stack ?? String(error);
      Object.assign(result, { outcome: 'failed', reason, dump, final });
    }
  } finally {
    clearTimeout(timer);
    await context.close();
  }
  result.seconds = (Date.now() - started) / 1000;
  result.measures = context.measures;
  return result;
}

function report(result) {
  const mark = { passed: 'ok  ', failed: 'FAIL', skipped: 'skip' }[result.outcome];
  const seconds = result.seconds === undefined ? '' : ` (${result.seconds.toFixed(1)} s)`;
  const reason = result.outcome === 'skipped' ? `: ${result.reason}` : '';
  console.log(`${mark} ${result.name}${seconds}${reason}`);
  if (result.outcome !== 'failed') return;
  console.log(result.reason);
  const again = result.unsteady ? '-again' : '';
  const file = resolve(output, `failed-${result.name.replace(/\W+/g, '-')}${again}.txt`);
  writeFileSync(file, `${result.reason}\n\n${result.dump}\n`);
  console.log(result.dump.slice(0, 8000));
  console.log(`(whole in ${file})`);
}

/** Prints each outcome, writes the summary, returns the exit code. */
export async function runAll(cases, summaryFile) {
  mkdirSync(output, { recursive: true });
  const results = [];
  let chances = cases.length > 1 ? kSecondChances : 0;
  for (const each of cases) {
    let result = await runCase(each);
    report(result);
    if (result.outcome === 'failed' && !result.final && chances > 0) {
      chances--;
      const unsteady = result.reason.split('\n')[0];
      result = { ...(await runCase(each)), unsteady };
      report(result);
    }
    results.push(result);
  }
  const count = (outcome) => results.filter((r) => r.outcome === outcome).length;
  const [passed, failed, skipped] = ['passed', 'failed', 'skipped'].map(count);
  const brief = results.map(({ dump, ...rest }) => rest);
  writeFileSync(
    summaryFile,
    `${JSON.stringify({ passed, failed, skipped, cases: brief }, null, 2)}\n`,
  );
  // Once more at the end, where somebody who reads a long log looks first.
  for (const { name, outcome, reason, unsteady } of results) {
    if (outcome === 'failed') console.log(`failed: ${name}: ${reason.split('\n')[0]}`);
    else if (unsteady) console.log(`unsteady: ${name}: passed when run again, after: ${unsteady}`);
  }
  console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`);
  return failed > 0 || passed === 0 ? 1 : 0;
}
