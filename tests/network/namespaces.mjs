// Two hosts joined by one cable, as network namespaces: the server stands on one, browsers on the
// other, where the tests themselves run too. The cable's ends can be given a rate with a queue
// (tc tbf), and UDP on it can be stopped (nft). Whatever is made here is removed at the end.

import { execFileSync, spawnSync } from 'node:child_process';

const kBrowserHost = process.env.PARLEY_NETWORK_BROWSER_HOST;
const kServerHost = process.env.PARLEY_NETWORK_SERVER_HOST;

/** Of the server's host. Both addresses exist inside the namespaces only. */
export const serverAddress = '10.77.0.1';
const kBrowserAddress = '10.77.0.2';

function ip(...args) {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** The beginning of a command that runs on the server's host. */
export const onServerHost = ['ip', 'netns', 'exec', kServerHost];
const kEnds = {
  server: [...onServerHost],
  browser: ['ip', 'netns', 'exec', kBrowserHost],
};

function at(end, ...command) {
  const [program, ...args] = [...kEnds[end], ...command];
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Limits what leaves at an end ("server": the way down): the queue holds `queueMs` of the rate. */
export function limit(end, kbps, queueMs = 300) {
  at(
    end,
    ...['tc', 'qdisc', 'replace', 'dev', 'cable', 'root', 'tbf'],
    ...['rate', `${kbps}kbit`, 'burst', '6kb', 'latency', `${queueMs}ms`],
  );
}

export function unlimit(end) {
  spawnSync(kEnds[end][0], [...kEnds[end].slice(1), 'tc', 'qdisc', 'del', 'dev', 'cable', 'root']);
}

/** Drops all UDP that leaves or reaches the browsers' host. */
export function blockUdp() {
  at('browser', 'nft', 'add table inet blocked');
  for (const [hook, device] of [
    ['input', 'iifname'],
    ['output', 'oifname'],
  ]) {
    const chain = `${hook} { type filter hook ${hook} priority 0; }`;
    at('browser', 'nft', `add chain inet blocked ${chain}`);
    at('browser', 'nft', `add rule inet blocked ${hook} ${device} cable meta l4proto udp drop`);
  }
}

export function freeUdp() {
  spawnSync(kEnds.browser[0], [...kEnds.browser.slice(1), 'nft', 'delete table inet blocked']);
}

function make(browserHost, serverHost) {
  for (const host of [browserHost, serverHost]) {
    ip('netns', 'add', host);
    ip('-n', host, 'link', 'set', 'lo', 'up');
  }
  ip(
    '-n',
    serverHost,
    'link',
    'add',
    'cable',
    'type',
    'veth',
    'peer',
    'cable',
    'netns',
    browserHost,
  );
  for (const [host, address] of [
    [serverHost, serverAddress],
    [browserHost, kBrowserAddress],
  ]) {
    // No address of IPv6: it would be ready some seconds later, and a browser that loads a page
    // just then gives up (ERR_NETWORK_CHANGED).
    ip('-n', host, 'link', 'set', 'cable', 'addrgenmode', 'none');
    ip('-n', host, 'address', 'add', `${address}/24`, 'dev', 'cable');
    ip('-n', host, 'link', 'set', 'cable', 'up');
    // libwebrtc enumerates the ways to the outside; nothing is behind this one.
    ip('-n', host, 'route', 'add', 'default', 'dev', 'cable');
  }
}

/**
 * Inside the browsers' host: true, and the caller goes on. Outside: makes the hosts, runs the same
 * program again inside, removes them and returns its exit code; a text where hosts cannot be made.
 */
export function enter(program, args) {
  if (kBrowserHost) return true;
  const browserHost = `parley-browser-${process.pid}`;
  const serverHost = `parley-server-${process.pid}`;
  try {
    make(browserHost, serverHost);
    const done = spawnSync(
      'ip',
      ['netns', 'exec', browserHost, process.execPath, program, ...args],
      {
        stdio: 'inherit',
        env: {
          ...process.env,
          PARLEY_NETWORK_BROWSER_HOST: browserHost,
          PARLEY_NETWORK_SERVER_HOST: serverHost,
        },
      },
    );
    return done.status ?? 1;
  } catch (error) {
    const cause = error.stderr ? String(error.stderr).trim() : error.message;
    return `network namespaces cannot be made here (${cause}): run as root, with iproute2`;
  } finally {
    for (const host of [browserHost, serverHost]) spawnSync('ip', ['netns', 'delete', host]);
  }
}
