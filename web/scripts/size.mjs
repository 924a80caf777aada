// What people download first, against its budget. Built here into memory, so that no old build
// counts. Bytes as gzip makes them, at its usual level.

import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const folder = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const compressed = (part) => gzipSync(part.type === 'chunk' ? part.code : part.source).length;

async function outputs(root, options) {
  const result = await build({ root, logLevel: 'error', ...options });
  return [result].flat().flatMap((bundle) => bundle.output);
}

/** Everything a page fetches that imports the SDK, without its processors. */
async function sdk() {
  const parts = await outputs(folder('sdk'), {
    configFile: false,
    build: {
      write: false,
      minify: true,
      lib: { entry: folder('sdk/src/index.ts'), formats: ['es'], fileName: 'client' },
    },
  });
  return parts
    .filter((p) => p.type === 'chunk' && p.isEntry)
    .reduce((n, p) => n + compressed(p), 0);
}

/** The page, its styles, and the scripts that it cannot start without. */
async function app() {
  const parts = await outputs(folder('app'), { build: { write: false } });
  const byName = new Map(parts.map((p) => [p.fileName, p]));
  const needed = new Set();
  const need = (name) => {
    if (needed.has(name) || !byName.has(name)) return;
    needed.add(name);
    for (const next of byName.get(name).imports ?? []) need(next);
  };
  const page = parts.find((p) => p.fileName === 'index.html');
  need(page.fileName);
  for (const [, path] of String(page.source).matchAll(/(?:src|href)="\.?\/?([^"]+)"/g)) need(path);
  return [...needed].reduce((n, name) => n + compressed(byName.get(name)), 0);
}

const kBudgets = [
  { what: 'SDK without processors', measure: sdk, limit: 40_000 },
  { what: 'first load of the app', measure: app, limit: 120_000 },
];

for (const { what, measure, limit } of kBudgets) {
  const bytes = await measure();
  const told = `measured: ${what}, compressed: ${(bytes / 1000).toFixed(1)} of ${limit / 1000} kB`;
  console.log(bytes <= limit ? told : `${told}: too much`);
  if (bytes > limit) process.exitCode = 1;
}
