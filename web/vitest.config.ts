import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig({
  // The app's tests meet the SDK as its source, like the app's build.
  resolve: {
    alias: [
      {
        find: /^@parley\/client\/(processing|e2ee)$/,
        replacement: path('sdk/src/$1/index.ts'),
      },
      { find: /^@parley\/client$/, replacement: path('sdk/src/index.ts') },
    ],
  },
  test: { include: ['*/test/**/*.test.ts'], environment: 'node' },
});
