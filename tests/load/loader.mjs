// One run of `parley load`.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { binary } from '../e2e/lib/server.mjs';

export class Loader {
  /** `args` beside --url and --json. */
  constructor(server, args) {
    this.child = spawn(binary, ['load', '--url', server.signalUrl, '--json', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.out = '';
    this.err = '';
    this.child.stdout.on('data', (chunk) => {
      this.out += chunk;
    });
    this.child.stderr.on('data', (chunk) => {
      this.err += chunk;
    });
    this.done = once(this.child, 'close');
  }

  /** Ends it early, as ctrl-C does. */
  interrupt() {
    this.child.kill('SIGINT');
  }

  /** Its exit code and what it found: exactly one JSON object on standard output. */
  async result() {
    const [code] = await this.done;
    const lines = this.out.trimEnd().split('\n');
    if (lines.length !== 1 || !lines[0].startsWith('{')) {
      throw new Error(`not one JSON object but:\n${this.out}\n${this.err}`);
    }
    return { code, ...JSON.parse(lines[0]) };
  }
}

export function load(server, args) {
  return new Loader(server, args).result();
}
