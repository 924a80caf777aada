// What pages load of the SDK, bundled and compressed as servers send it: the entry point alone,
// without what media processing or encryption add. Fails above the limit.
//
//   node scripts/size.mjs

import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const kLimitBytes = 40_000;
const entry = fileURLToPath(new URL('../sdk/src/index.ts', import.meta.url));

const result = await build({
  configFile: false,
  logLevel: 'error',
  build: {
    target: 'es2022',
    write: false,
    minify: true,
    lib: { entry, formats: ['es'], fileName: 'index' },
  },
});
const outputs = [result].flat().flatMap((r) => r.output);
const chunks = outputs.filter((o) => o.type === 'chunk');
// Chunks that are only imported on demand are not part of what every page loads.
const first = chunks.filter((c) => c.isEntry || !c.isDynamicEntry);
const bytes = first.reduce((sum, c) => sum + gzipSync(c.code, { level: 9 }).length, 0);
console.log(`measured: @parley/client, compressed: ${bytes} octets of at most ${kLimitBytes}`);
if (bytes > kLimitBytes) process.exitCode = 1;
