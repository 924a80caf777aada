// `parley load` against the real server, for a few seconds each, and browsers in the same rooms.
//
//   node tests/load/run.mjs [--only TEXT] [--list]
//
// The environment is that of tests/e2e/run.mjs.

import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runAll } from '../e2e/lib/harness.mjs';
import { output, root } from '../e2e/lib/modules.mjs';
import { cases as all } from './cases.mjs';

const { values } = parseArgs({
  options: { only: { type: 'string' }, list: { type: 'boolean' } },
});
const cases = all.filter((c) => !values.only || c.name.includes(values.only));

if (values.list) {
  for (const { name } of cases) console.log(name);
} else {
  const folder = process.env.PARLEY_REPORTS ? resolve(root, process.env.PARLEY_REPORTS) : output;
  mkdirSync(folder, { recursive: true });
  process.exitCode = await runAll(cases, resolve(folder, 'load.json'));
}
