// One real Parley server for one case.

import { execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { root } from './modules.mjs';
import { waitFor } from './wait.mjs';

export const binary = resolve(root, process.env.PARLEY_BIN ?? 'build/release/bin/parley');

const kLogLines = 2000;

async function freeTcpPort() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function freeUdpPort() {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

// PARLEY_* configures the server; what configures the tests must not reach it.
function cleanEnvironment(settings) {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith('PARLEY_'));
  return { ...Object.fromEntries(entries), ...settings };
}

export class Server {
  /**
   * `settings`: environment variables such as PARLEY_SECRET. `host`: where the server is reached,
   * where that is another host; `within`: the beginning of a command that runs there.
   */
  static async start({
    args = [],
    settings = {},
    tls = false,
    host = '127.0.0.1',
    listen = host,
    within = [],
    port,
    mediaPort,
  } = {}) {
    if (!existsSync(binary)) throw new Error(`${binary} is missing: run "make build"`);
    port ??= await freeTcpPort();
    mediaPort ??= await freeUdpPort();
    const command = ['serve', '--listen', `${listen}:${port}`, '--media-port', String(mediaPort)];
    if (tls) command.push('--tls', 'self');
    const line = [...within, binary, ...command, ...args];
    const server = new Server(line, { port, mediaPort, tls, host, settings });
    await server.startAgain();
    return server;
  }

  /** Runs the binary for its output. */
  static run(args, settings = {}) {
    return execFileSync(binary, args, { encoding: 'utf8', env: cleanEnvironment(settings) });
  }

  constructor(line, { port, mediaPort, tls, host, settings }) {
    this.line = line;
    this.settings = settings;
    this.port = port;
    this.mediaPort = mediaPort;
    this.tls = tls;
    this.host = host;
    this.adminKey = settings.PARLEY_ADMIN_KEY;
    this.log = [];
  }

  /** Starts the process, with the same ports as before where there was one. */
  async startAgain() {
    const [program, ...args] = this.line;
    const child = spawn(program, args, {
      env: cleanEnvironment(this.settings),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    this.exited = false;
    const keep = (chunk) => {
      this.log.push(...String(chunk).split('\n').filter(Boolean));
      if (this.log.length > kLogLines) this.log.splice(0, this.log.length - kLogLines);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('exit', (code, signal) => {
      this.exited = true;
      this.exit = signal ?? code;
    });
    await waitFor(
      'the server to be healthy',
      async () => {
        if (this.exited) throw new Error(`the server ended:\n${this.logText()}`);
        return (await this.get('/healthz')).status === 200;
      },
      { timeout: 15_000 },
    );
  }

  /** Ends the process at once, as a crash would. */
  async kill() {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  get origin() {
    const host = this.host === '127.0.0.1' ? 'localhost' : this.host;
    return `${this.tls ? 'https' : 'http'}://${host}:${this.port}`;
  }
  get signalUrl() {
    return `${this.tls ? 'wss' : 'ws'}://${this.host}:${this.port}/signal`;
  }
  logText(lines = 60) {
    return this.log.slice(-lines).join('\n');
  }

  get(path, headers = {}) {
    const request = this.tls ? httpsRequest : httpRequest;
    return new Promise((done, fail) => {
      const sent = request(
        { host: this.host, port: this.port, path, headers, rejectUnauthorized: false },
        (response) => {
          let body = '';
          response.setEncoding('utf8');
          response.on('data', (chunk) => {
            body += chunk;
          });
          response.on('end', () => done({ status: response.statusCode, body }));
        },
      );
      sent.on('error', fail);
      sent.setTimeout(5000, () => sent.destroy(new Error(`no answer to ${path}`)));
      sent.end();
    });
  }

  async room(name) {
    const headers = this.adminKey ? { Authorization: `Bearer ${this.adminKey}` } : {};
    const { status, body } = await this.get(`/api/v1/rooms/${encodeURIComponent(name)}`, headers);
    return status === 200 ? JSON.parse(body) : null;
  }

  async stop() {
    if (this.exited) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGINT');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 15_000);
    // The second interrupt ends the grace period.
    setTimeout(() => !this.exited && this.child.kill('SIGINT'), 500).unref();
    await gone;
    clearTimeout(timer);
  }
}
