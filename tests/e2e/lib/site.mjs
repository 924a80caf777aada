// Serves the built SDK with an empty page, for tests of what needs no room. localhost counts as
// secure, so that all of the browser's media interfaces are there.

import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, resolve } from 'node:path';
import { root } from './modules.mjs';

const sdk = resolve(root, 'web/sdk/dist');
const kTypes = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };
const kPage = '<!doctype html><meta charset="utf-8"><title>Test</title><body></body>';

export class Site {
  /** `files`: contents by path, beside those of the SDK. */
  static async start(files = {}) {
    if (!existsSync(resolve(sdk, 'media'))) throw new Error(`${sdk}/media is missing: make web`);
    const server = createServer((request, response) => {
      const path = new URL(request.url, 'http://localhost').pathname;
      const body = path === '/' ? kPage : (files[path] ?? read(path));
      if (body === null) {
        response.writeHead(404).end();
        return;
      }
      const type = kTypes[path === '/' ? '.html' : extname(path)] ?? 'application/octet-stream';
      response.writeHead(200, { 'Content-Type': type }).end(body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Site(server);
  }

  constructor(server) {
    this.server_ = server;
  }

  get origin() {
    return `http://localhost:${this.server_.address().port}`;
  }

  async stop() {
    this.server_.closeAllConnections();
    this.server_.close();
    await once(this.server_, 'close');
  }
}

function read(path) {
  const file = resolve(sdk, `.${path}`);
  const inside = file.startsWith(`${sdk}/`) && existsSync(file) && statSync(file).isFile();
  return inside ? readFileSync(file) : null;
}
