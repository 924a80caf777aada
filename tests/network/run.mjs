// Browsers behind a narrow, blocked or cut link, against the real server: two hosts made of network
// namespaces (namespaces.mjs). Needs root; elsewhere the suite is skipped and says so.
//
//   node tests/network/run.mjs [--only TEXT] [--list]
//
// The environment is that of tests/e2e/run.mjs.

import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runAll } from '../e2e/lib/harness.mjs';
import { output, root } from '../e2e/lib/modules.mjs';
import { cases as all } from './cases.mjs';
import { enter } from './namespaces.mjs';

const { values } = parseArgs({
  options: { only: { type: 'string' }, list: { type: 'boolean' } },
});
const cases = all.filter((c) => !values.only || c.name.includes(values.only));

if (values.list) {
  for (const { name } of cases) console.log(name);
} else {
  const entered = enter(fileURLToPath(import.meta.url), process.argv.slice(2));
  if (entered === true) {
    const folder = process.env.PARLEY_REPORTS ? resolve(root, process.env.PARLEY_REPORTS) : output;
    mkdirSync(folder, { recursive: true });
    process.exitCode = await runAll(cases, resolve(folder, 'network.json'));
  } else if (typeof entered === 'string') {
    console.log(`skip ${cases.length} cases: ${entered}`);
    console.log(`0 passed, 0 failed, ${cases.length} skipped`);
  } else {
    process.exitCode = entered;
  }
}
