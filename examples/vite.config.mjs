// Builds every example to build/examples, from the SDK's sources. With `npm run examples:dev` in web/
// they are served with live reload; signaling goes on to a Parley server.

import { cpSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const server = process.env.PARLEY_SERVER ?? 'http://127.0.0.1:8080';
const names = ['conference', 'file-transfer', 'one-to-one', 'processing', 'screen-share'];
const output = here('../build/examples');

/** What media processing loads on demand, as the build of the SDK gathered it. */
const media = {
  name: 'parley-media',
  apply: 'build',
  closeBundle() {
    const gathered = here('../web/sdk/dist/media');
    if (!existsSync(gathered)) throw new Error('run "npm run build -w @parley/client" first');
    cpSync(gathered, `${output}/media`, { recursive: true });
  },
};

export default {
  root: here('.'),
  base: './',
  plugins: [media],
  resolve: {
    alias: [
      { find: /^@parley\/client\/(\w+)$/, replacement: here('../web/sdk/src/$1/index.ts') },
      { find: /^@parley\/client$/, replacement: here('../web/sdk/src/index.ts') },
    ],
  },
  build: {
    outDir: output,
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    rolldownOptions: {
      input: {
        index: here('index.html'),
        ...Object.fromEntries(names.map((name) => [name, here(`${name}/index.html`)])),
      },
    },
  },
  server: { proxy: { '/signal': { target: server, ws: true, changeOrigin: true } } },
};
