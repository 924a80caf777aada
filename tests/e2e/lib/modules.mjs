// The browsers' drivers live in web/node_modules, so that the project has one lockfile.

import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
export const requireFromWeb = createRequire(resolve(root, 'web/package.json'));
export const output = resolve(root, 'build/e2e');
