// Which addresses are the app's own. A server may answer every address with this page, as Parley does:
// then it is for the page to say that there is nothing.

/** The path of the lobby. `script` is the address of this app's script, which stands one folder below. */
export function lobbyPath(script: string): string {
  return new URL('../', script).pathname;
}

export function isOwnPath(path: string, lobby: string): boolean {
  return path === lobby || path === `${lobby}index.html`;
}
