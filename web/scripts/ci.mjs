// Type check, lint, sizes, the SDK's reference and unit tests in one go, ending with one line that counts them.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let passed = 0;
let failed = 0;
let skipped = 0;

function run(command, args) {
  const done = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return { ok: done.status === 0, output: `${done.stdout}${done.stderr}` };
}

for (const check of ['typecheck', 'lint', 'size', 'docs']) {
  const { ok, output } = run('npm', ['run', '--silent', check]);
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${check}`);
  for (const line of output.match(/^measured: .*$/gm) ?? []) console.log(line);
  if (ok) passed += 1;
  else {
    failed += 1;
    console.log(output);
  }
}

const folder = mkdtempSync(join(tmpdir(), 'parley-web-'));
const file = join(folder, 'vitest.json');
const { ok, output } = run('npx', ['vitest', 'run', '--reporter=json', `--outputFile=${file}`]);
try {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  for (const suite of report.testResults) {
    const bad = suite.assertionResults.filter((t) => t.status === 'failed');
    for (const test of bad)
      console.log(`FAIL ${test.fullName}\n${test.failureMessages.join('\n')}`);
    if (suite.status === 'failed' && bad.length === 0) {
      failed += 1; // the file itself did not load
      console.log(`FAIL ${suite.name}\n${suite.message}`);
    }
  }
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  skipped += report.numPendingTests + report.numTodoTests;
} catch {
  failed += 1;
  console.log(output);
}
rmSync(folder, { recursive: true });
if (!ok && failed === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed ? 1 : 0;
