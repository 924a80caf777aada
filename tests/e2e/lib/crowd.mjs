// People who are not there: parley load fills a room with publishers whose pictures browsers show.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { binary } from './server.mjs';

export class Crowd {
  /** `count` publishers in the room, for so long as the case runs. */
  static start(server, room, count, { video = '100kbps' } = {}) {
    const child = spawn(
      binary,
      [
        ...['load', '--url', server.signalUrl, '--room', room, '--json', '--simulcast'],
        ...['--publishers', String(count), '--subscribers', '0', '--video', video],
        ...['--duration', '200s'],
      ],
      { stdio: ['ignore', 'ignore', 'ignore'] },
    );
    return new Crowd(child);
  }
  constructor(child) {
    this.child = child;
    this.done = once(child, 'exit');
  }
  async stop() {
    if (this.child.exitCode === null) this.child.kill('SIGINT');
    await this.done;
  }
}
