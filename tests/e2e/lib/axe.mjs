// axe-core looks for what keeps people out: names that are missing, contrast that is too low, roles
// that are used wrongly.

import { readFileSync } from 'node:fs';
import { requireFromWeb } from './modules.mjs';
import { check } from './wait.mjs';

const source = readFileSync(requireFromWeb.resolve('axe-core/axe.min.js'), 'utf8');

export async function isAccessible(page, what) {
  // As the debugger does it: the page's own policy lets no foreign script in.
  await page.evaluate(`window.axe ? 0 : (() => { ${source}; return 0; })()`);
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
    return violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.slice(0, 5).map((n) => `${n.html.slice(0, 160)} ${n.failureSummary ?? ''}`),
    }));
  });
  check(found.length === 0, `${what} to be accessible: ${JSON.stringify(found, null, 1)}`);
}
