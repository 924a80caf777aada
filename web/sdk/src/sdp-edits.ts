// Edits of session descriptions, for what browsers offer no call for. Everything that an edit does
// not know is left as it is.

interface Section {
  kind: string;
  lines: string[];
}

/** Puts a codec first among the formats of its kind (RFC 8866 §5.14: in order of preference). */
export function preferInSdp(sdp: string, kind: string, codec: string): string {
  return editSections(sdp, kind, (lines) => {
    const wanted = payloadTypes(lines, codec);
    const [media = '', port = '', proto = '', ...formats] = lines[0]?.split(' ') ?? [];
    const first = formats.filter((f) => wanted.includes(f));
    const rest = formats.filter((f) => !wanted.includes(f));
    return [[media, port, proto, ...first, ...rest].join(' '), ...lines.slice(1)];
  });
}

/** Bounds a kind by `b=`, in both of its units (RFC 8866 §5.8, RFC 3890 §6.2). */
export function limitInSdp(sdp: string, kind: string, bitsPerSecond: number): string {
  return editSections(sdp, kind, (lines) => {
    const kept = lines.filter((line) => !/^b=(AS|TIAS):/.test(line));
    // `b=` follows `i=` and `c=` (RFC 8866 §9).
    let at = 1;
    while (/^[ic]=/.test(kept[at] ?? '')) at += 1;
    const bounds = [
      `b=AS:${Math.ceil(bitsPerSecond / 1000)}`,
      `b=TIAS:${Math.round(bitsPerSecond)}`,
    ];
    return [...kept.slice(0, at), ...bounds, ...kept.slice(at)];
  });
}

/** Asks to be sent stereo, and says that stereo is sent (RFC 7587 §6.1). */
export function stereoInSdp(sdp: string): string {
  return editSections(sdp, 'audio', (lines) => {
    const formats = payloadTypes(lines, 'opus');
    return lines.map((line) => {
      const found = /^a=fmtp:(\d+) (.*)$/.exec(line);
      if (!found || !formats.includes(found[1] ?? '')) return line;
      const kept = (found[2] ?? '').split(';').filter((p) => !/^\s*(sprop-)?stereo=/.test(p));
      return `a=fmtp:${found[1]} ${[...kept, 'stereo=1', 'sprop-stereo=1'].join(';')}`;
    });
  });
}

function payloadTypes(lines: string[], codec: string): string[] {
  const name = codec.toLowerCase();
  return lines.flatMap((line) => {
    const found = /^a=rtpmap:(\d+) ([^/]+)\//.exec(line);
    return found?.[1] && found[2]?.toLowerCase() === name ? [found[1]] : [];
  });
}

function editSections(sdp: string, kind: string, edit: (lines: string[]) => string[]): string {
  const sections: Section[] = [{ kind: 'session', lines: [] }];
  for (const line of sdp.split(/\r?\n/)) {
    const media = /^m=(\w+)/.exec(line);
    if (media) sections.push({ kind: media[1] ?? '', lines: [] });
    sections.at(-1)?.lines.push(line);
  }
  return sections.flatMap((s) => (s.kind === kind ? edit(s.lines) : s.lines)).join('\r\n');
}
