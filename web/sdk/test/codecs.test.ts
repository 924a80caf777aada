import { describe, expect, it } from 'vitest';
import { preferredFirst } from '../src/codecs.js';
import { limitInSdp, preferInSdp, stereoInSdp } from '../src/sdp-edits.js';

const kSdp = [
  'v=0',
  'o=- 1 1 IN IP4 0.0.0.0',
  's=-',
  't=0 0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63',
  'c=IN IP4 0.0.0.0',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1;stereo=0',
  'a=rtpmap:63 red/48000/2',
  'a=fmtp:63 111/111',
  'm=video 9 UDP/TLS/RTP/SAVPF 96 97 98',
  'c=IN IP4 0.0.0.0',
  'b=AS:9000',
  'a=rtpmap:96 VP8/90000',
  'a=rtpmap:97 rtx/90000',
  'a=rtpmap:98 VP9/90000',
  '',
].join('\r\n');

const changed = (edited: string) =>
  edited.split('\r\n').filter((line) => !kSdp.split('\r\n').includes(line));

describe('edits of descriptions', () => {
  it('put a codec first', () => {
    expect(changed(preferInSdp(kSdp, 'video', 'vp9'))).toEqual([
      'm=video 9 UDP/TLS/RTP/SAVPF 98 96 97',
    ]);
    expect(preferInSdp(kSdp, 'video', 'H264')).toBe(kSdp);
  });

  it('bound a kind, in place of an older bound', () => {
    const edited = limitInSdp(kSdp, 'video', 500_400);
    expect(changed(edited)).toEqual(['b=AS:501', 'b=TIAS:500400']);
    expect(edited).not.toContain('b=AS:9000');
    const lines = edited.split('\r\n');
    expect(lines[lines.indexOf('b=AS:501') - 1]).toBe('c=IN IP4 0.0.0.0');
  });

  it('ask for stereo of Opus alone', () => {
    expect(changed(stereoInSdp(kSdp))).toEqual([
      'a=fmtp:111 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1',
    ]);
  });
});

describe('codec preferences', () => {
  it('put the wanted first and lose none', () => {
    const codecs = ['video/VP8', 'video/rtx', 'video/VP9'].map((mimeType) => ({ mimeType }));
    const names = (wanted: string) => preferredFirst(codecs, wanted).map((c) => c.mimeType);
    expect(names('vp9')).toEqual(['video/VP9', 'video/VP8', 'video/rtx']);
    expect(names('H264')).toEqual(['video/VP8', 'video/rtx', 'video/VP9']);
  });
});
