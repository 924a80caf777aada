// A QR code as one SVG path. Loaded only when somebody invites.

import { correction, generate } from 'lean-qr';

export interface QrPath {
  viewBox: string;
  path: string;
}

/** Quiet modules around a code (ISO/IEC 18004 asks for four). */
const kQuiet = 4;

export function qrPath(text: string): QrPath {
  const code = generate(text, { minCorrectionLevel: correction.M });
  const runs: string[] = [];
  for (let y = 0; y < code.size; y += 1) {
    for (let x = 0; x < code.size; x += 1) {
      if (!code.get(x, y)) continue;
      const start = x;
      while (x < code.size && code.get(x, y)) x += 1;
      runs.push(`M${start + kQuiet} ${y + kQuiet}h${x - start}v1h${start - x}z`);
    }
  }
  const side = code.size + 2 * kQuiet;
  return { viewBox: `0 0 ${side} ${side}`, path: runs.join('') };
}
