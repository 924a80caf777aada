import { createReadStream, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

// `npm run dev` serves the app with live reload and passes signaling on to a Parley server.
const server = process.env.PARLEY_SERVER ?? 'http://127.0.0.1:8080';
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** What media processing loads on demand, as the build of the SDK gathered it. */
const media: Plugin = {
  name: 'parley-media',
  configureServer({ middlewares }) {
    middlewares.use('/media', (request, response, next) => {
      const name = /^\/([\w.-]+)/.exec(request.url ?? '')?.[1] ?? '';
      const file = path(`../sdk/dist/media/${name}`);
      if (!name || !existsSync(file)) return next();
      if (name.endsWith('.js')) response.setHeader('Content-Type', 'text/javascript');
      if (name.endsWith('.wasm')) response.setHeader('Content-Type', 'application/wasm');
      createReadStream(file).pipe(response);
    });
  },
};

export default defineConfig({
  base: './',
  plugins: [media],
  resolve: {
    alias: [
      {
        find: /^@parley\/client\/(processing|e2ee)$/,
        replacement: path('../sdk/src/$1/index.ts'),
      },
      { find: /^@parley\/client$/, replacement: path('../sdk/src/index.ts') },
    ],
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: { target: 'es2022', sourcemap: false, assetsInlineLimit: 0 },
  server: {
    proxy: {
      '/signal': { target: server, ws: true, changeOrigin: true },
      '/api': { target: server, changeOrigin: true },
    },
  },
});
