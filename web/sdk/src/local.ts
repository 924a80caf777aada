// What this participant sends: up to four publications, each one source with its track and mute.

import { mediaError } from './errors.js';
import { capture, captureScreen } from './media.js';
import type { Platform } from './platform.js';
import type { TrackSource } from './protocol.js';
import { cameraEncodings, screenEncodings, type VideoLimits } from './simulcast.js';

export type PublishedSource = Exclude<TrackSource, 'unknown'>;

export interface Publication {
  readonly source: PublishedSource;
  readonly kind: 'audio' | 'video';
  /** Groups what belongs together in time: camera with microphone, screen with its sound. */
  readonly stream: MediaStream;
  readonly encodings: RTCRtpEncodingParameters[];
  /** null: the section stays, nothing is sent. */
  track: MediaStreamTrack | null;
  muted: boolean;
}

/** Carries publications to a peer; each connection has one. */
export interface Publisher {
  add(publication: Publication): void;
  remove(publication: Publication): void;
  replace(publication: Publication): Promise<void>;
  describe(publication: Publication): void;
}

export interface CaptureChoice {
  audio?: MediaTrackConstraints;
  video?: MediaTrackConstraints;
}

export class LocalMedia {
  readonly publications = new Map<PublishedSource, Publication>();
  readonly publishers = new Set<Publisher>();
  private readonly main_: MediaStream;

  constructor(
    private readonly platform_: Platform,
    private readonly choice_: CaptureChoice,
    private readonly limits_: VideoLimits,
    private readonly changed_: () => void,
  ) {
    this.main_ = platform_.createStream([]);
  }

  track(source: PublishedSource): MediaStreamTrack | null {
    return this.publications.get(source)?.track ?? null;
  }

  isOn(source: PublishedSource): boolean {
    const publication = this.publications.get(source);
    return Boolean(publication?.track && !publication.muted);
  }

  /** Takes over what the page captured before the join. */
  adopt(stream: MediaStream | null, on: { camera: boolean; microphone: boolean }): void {
    const audio = stream?.getAudioTracks()[0] ?? null;
    const video = stream?.getVideoTracks()[0] ?? null;
    // The microphone's section exists from the first offer on, even empty, so that speaking up
    // later needs no negotiation and the server always has a section to answer.
    this.put_(this.microphone_(audio, !on.microphone || !audio));
    if (video && on.camera) this.put_(this.camera_(video));
    else video?.stop();
    this.changed_();
  }

  async setMicrophone(on: boolean): Promise<void> {
    const publication = this.publications.get('microphone');
    if (!publication) return;
    if (on && publication.track?.readyState !== 'live') {
      publication.track = await this.open_('audio');
      this.watchEnd_(publication);
      await this.replaceEverywhere_(publication);
    }
    publication.muted = !on;
    if (publication.track) publication.track.enabled = on;
    this.describeEverywhere_(publication);
  }

  /** Off means off: the device is released and its light goes out. */
  async setCamera(on: boolean): Promise<void> {
    let publication = this.publications.get('camera');
    if (!on) {
      if (!publication) return;
      publication.track?.stop();
      publication.track = null;
      publication.muted = true;
      this.describeEverywhere_(publication);
      await this.replaceEverywhere_(publication);
      return;
    }
    if (publication?.track?.readyState === 'live') return;
    const track = await this.open_('video');
    if (!publication) {
      publication = this.camera_(track);
      this.put_(publication);
    } else {
      publication.track = track;
      publication.muted = false;
      this.watchEnd_(publication);
      await this.replaceEverywhere_(publication);
      this.describeEverywhere_(publication);
    }
    this.changed_();
  }

  /** Continues with another device of the kind. */
  async setDevice(kind: 'audio' | 'video', deviceId: string): Promise<void> {
    const wish = deviceId ? { deviceId: { exact: deviceId } } : {};
    if (kind === 'audio') this.choice_.audio = { ...this.choice_.audio, ...wish };
    else this.choice_.video = { ...this.choice_.video, ...wish };
    const publication = this.publications.get(kind === 'audio' ? 'microphone' : 'camera');
    if (!publication?.track) return;
    const next = await this.open_(kind);
    next.enabled = publication.track.enabled;
    publication.track.stop();
    publication.track = next;
    this.watchEnd_(publication);
    await this.replaceEverywhere_(publication);
    this.changed_();
  }

  async startScreen(stream?: MediaStream): Promise<void> {
    if (this.publications.has('screen')) return;
    const screen = stream ?? (await captureScreen(this.platform_));
    const picture = screen.getVideoTracks()[0];
    if (!picture) throw mediaError('unsupported');
    // Text must stay sharp; motion may suffer.
    picture.contentHint = 'detail';
    picture.addEventListener('ended', () => this.stopScreen());
    const encodings = screenEncodings();
    this.put_({
      source: 'screen',
      kind: 'video',
      stream: screen,
      encodings,
      track: picture,
      muted: false,
    });
    const sound = screen.getAudioTracks()[0];
    if (sound) {
      const source = 'screen-audio';
      this.put_({
        source,
        kind: 'audio',
        stream: screen,
        encodings: [],
        track: sound,
        muted: false,
      });
    }
    this.changed_();
  }

  stopScreen(): void {
    for (const source of ['screen', 'screen-audio'] as const) {
      const publication = this.publications.get(source);
      if (!publication) continue;
      this.publications.delete(source);
      publication.track?.stop();
      for (const publisher of this.publishers) publisher.remove(publication);
    }
    this.changed_();
  }

  /** Releases every device. */
  stop(): void {
    for (const publication of this.publications.values()) publication.track?.stop();
    this.publications.clear();
    this.publishers.clear();
  }

  private microphone_(track: MediaStreamTrack | null, muted: boolean): Publication {
    if (track) track.enabled = !muted;
    return {
      source: 'microphone',
      kind: 'audio',
      stream: this.main_,
      encodings: [],
      track,
      muted,
    };
  }

  private camera_(track: MediaStreamTrack): Publication {
    const { width = 1280, height = 720 } = track.getSettings();
    return {
      source: 'camera',
      kind: 'video',
      stream: this.main_,
      encodings: cameraEncodings(width, height, this.limits_),
      track,
      muted: false,
    };
  }

  private put_(publication: Publication): void {
    this.publications.set(publication.source, publication);
    this.watchEnd_(publication);
    for (const publisher of this.publishers) publisher.add(publication);
  }

  // A device that is pulled out ends its track: said to the others as a mute.
  private watchEnd_(publication: Publication): void {
    const track = publication.track;
    track?.addEventListener('ended', () => {
      if (publication.track !== track) return;
      publication.track = null;
      publication.muted = true;
      this.describeEverywhere_(publication);
    });
  }

  private async open_(kind: 'audio' | 'video'): Promise<MediaStreamTrack> {
    const wish =
      kind === 'audio'
        ? { audio: this.choice_.audio ?? true, video: false }
        : { audio: false, video: this.choice_.video ?? true };
    const { stream } = await capture(this.platform_, wish, { required: true });
    const track = stream?.getTracks().find((t) => t.kind === kind);
    if (!track) throw mediaError('device_missing');
    return track;
  }

  private async replaceEverywhere_(publication: Publication): Promise<void> {
    await Promise.all([...this.publishers].map((p) => p.replace(publication)));
  }

  private describeEverywhere_(publication: Publication): void {
    for (const publisher of this.publishers) publisher.describe(publication);
    this.changed_();
  }
}
