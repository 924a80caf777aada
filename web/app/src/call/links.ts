// Finds web addresses in what people write, so that they can be followed.

export interface Piece {
  text: string;
  href?: string;
}

const kAddress = /https?:\/\/[^\s<>"]+/g;

export function pieces(text: string): Piece[] {
  const out: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(kAddress)) {
    // A full stop or bracket after an address belongs to the sentence.
    const address = match[0].replace(/[.,;:!?'")\]}]+$/, '');
    if (!isAddress(address)) continue;
    if (match.index > at) out.push({ text: text.slice(at, match.index) });
    out.push({ text: address, href: address });
    at = match.index + address.length;
  }
  if (at < text.length) out.push({ text: text.slice(at) });
  return out;
}

function isAddress(text: string): boolean {
  try {
    const { protocol, hostname } = new URL(text);
    return (protocol === 'http:' || protocol === 'https:') && hostname !== '';
  } catch {
    return false;
  }
}
