// Builds every example to build/examples, from the SDK's sources. With `npm run examples:dev` in web/
// they are served with live reload; signaling goes on to a Parley server.

import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const server = process.env.PARLEY_SERVER ?? 'http://127.0.0.1:8080';
const names = ['conference', 'file-transfer', 'one-to-one', 'screen-share'];

export default {
  root: here('.'),
  base: './',
  resolve: { alias: { '@parley/client': here('../web/sdk/src/index.ts') } },
  build: {
    outDir: here('../build/examples'),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    rolldownOptions: {
      input: Object.fromEntries(names.map((name) => [name, here(`${name}/index.html`)])),
    },
  },
  server: { proxy: { '/signal': { target: server, ws: true, changeOrigin: true } } },
};
