import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

// `npm run dev` serves the app with live reload and passes signaling on to a Parley server.
const server = process.env.PARLEY_SERVER ?? 'http://127.0.0.1:8080';

export default defineConfig({
  base: './',
  resolve: {
    alias: {
      '@parley/client': fileURLToPath(new URL('../sdk/src/index.ts', import.meta.url)),
    },
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
