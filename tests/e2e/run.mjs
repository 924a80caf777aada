// Browsers against the real server.
//
//   node tests/e2e/run.mjs [chromium|firefox] [--only TEXT] [--list]
//
// `chromium` runs the cases that need no Firefox, `firefox` those that do; without either, all.
// PARLEY_BIN names the binary, PARLEY_SEED the document with the reference client, PARLEY_REPORTS
// the folder of the summary (build/e2e by default), where screenshots and dumps of failures are.

import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runAll } from './lib/harness.mjs';
import { output, root } from './lib/modules.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, list: { type: 'boolean' } },
});
const suite = positionals[0] ?? 'all';
if (!['all', 'chromium', 'firefox'].includes(suite)) {
  console.error(`unknown suite "${suite}": chromium or firefox`);
  process.exit(2);
}

const files = [
  'pair',
  'codecs',
  'layers',
  'svc',
  'room',
  'reference-client',
  'mesh',
  'recovery',
  'processing-audio',
  'processing-speech',
  'processing-video',
  'encryption',
  'access',
  'call',
  'app',
  'app-social',
  'app-views',
  'app-problems',
  'app-effects',
];
const modules = await Promise.all(files.map((name) => import(`./cases/${name}.mjs`)));
const cases = modules
  .flatMap((module) => module.cases)
  .filter((c) => suite === 'all' || c.needs.includes('firefox') === (suite === 'firefox'))
  .filter((c) => !values.only || c.name.includes(values.only));

if (values.list) {
  for (const { name } of cases) console.log(name);
} else {
  const folder = process.env.PARLEY_REPORTS ? resolve(root, process.env.PARLEY_REPORTS) : output;
  mkdirSync(folder, { recursive: true });
  process.exitCode = await runAll(cases, resolve(folder, `e2e-${suite}.json`));
}
