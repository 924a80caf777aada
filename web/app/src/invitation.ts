// What the token of an invitation says about its guest. A token is a JSON Web Token (RFC 7519); only the
// server can tell whether it is genuine, so this serves to show the right things early, nothing more.

export interface Invitation {
  /** The name that the server gives its guest; empty: the guest chooses. */
  name: string;
  /** Whom the server takes its guest for: an account, say, or an address of mail. Others are told too. */
  identity: string;
  mayPublish: boolean;
}

/** As with no token, or with one that cannot be read. */
const kOpen: Invitation = { name: '', identity: '', mayPublish: true };

/** The server reads no longer ones. */
const kLongestToken = 4096;

export function readInvitation(token: string): Invitation {
  const claims = claimsOf(token);
  if (!claims) return kOpen;
  return {
    name: textIn(claims.name),
    identity: textIn(claims.identity),
    mayPublish: claims.publish !== false,
  };
}

function textIn(claim: unknown): string {
  return typeof claim === 'string' ? claim.trim() : '';
}

function claimsOf(token: string): Record<string, unknown> | null {
  const parts = token.split('.');
  if (parts.length !== 3 || token.length > kLongestToken) return null;
  try {
    const value: unknown = JSON.parse(textOf(parts[1]!));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Of base64url: names have letters beyond ASCII, so the octets are UTF-8. */
function textOf(encoded: string): string {
  const octets = atob(encoded.replace(/-/g, '+').replace(/_/g, '/'));
  const bytes = Uint8Array.from(octets, (octet) => octet.charCodeAt(0));
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}
