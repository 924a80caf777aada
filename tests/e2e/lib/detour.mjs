// A way to a server that tests can cut: it carries the octets of each connection until it is told not
// to. Media does not go through it.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export class Detour {
  static async start(server) {
    const detour = new Detour(server);
    detour.listener_.listen(0, '127.0.0.1');
    await once(detour.listener_, 'listening');
    return detour;
  }

  constructor(server) {
    this.pairs_ = new Set();
    this.blocked_ = false;
    this.listener_ = createServer((socket) => this.carry_(socket, server.port));
  }

  get origin() {
    return `http://localhost:${this.listener_.address().port}`;
  }

  /** Breaks every connection, as a router does that restarts; nobody says goodbye. */
  cut() {
    for (const sockets of this.pairs_) for (const socket of sockets) socket.resetAndDestroy();
  }

  /** Lets nobody through until told otherwise. */
  block(blocked) {
    this.blocked_ = blocked;
    if (blocked) this.cut();
  }

  stop() {
    this.cut();
    this.listener_.close();
  }

  carry_(socket, port) {
    if (this.blocked_) {
      socket.resetAndDestroy();
      return;
    }
    const server = connect(port, '127.0.0.1');
    const pair = [socket, server];
    this.pairs_.add(pair);
    const end = () => {
      this.pairs_.delete(pair);
      for (const each of pair) each.destroy();
    };
    for (const each of pair) {
      each.on('error', end);
      each.on('close', end);
    }
    socket.pipe(server).pipe(socket);
  }
}
