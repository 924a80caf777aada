// What this participant sends: up to four publications, each one source with its track and mute.

import { type MediaError, mediaError, mediaErrorFrom } from './errors.js';
import { capture, captureScreen, listDevices } from './media.js';
import type { Platform } from './platform.js';
import type { TrackSource } from './protocol.js';
import { screenEncodings } from './simulcast.js';

export type PublishedSource = Exclude<TrackSource, 'unknown'>;

export interface Publication {
  readonly source: PublishedSource;
  readonly kind: 'audio' | 'video';
  /** Groups what belongs together in time: camera with microphone, screen with its sound. */
  readonly stream: MediaStream;
  /** Empty where the browser, or the SimulcastManager for cameras, decides. */
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

/** A camera or microphone in use went away: pulled out, or access was taken back. */
export interface DeviceLoss {
  kind: 'audio' | 'video';
  /** The name of the device that went. */
  label: string;
  /** The name of the device that is used instead; null: none, and nothing is sent. */
  replacement: string | null;
  /** Why there is no replacement. */
  error: MediaError | null;
}

export class LocalMedia {
  readonly publications = new Map<PublishedSource, Publication>();
  readonly publishers = new Set<Publisher>();
  private readonly main_: MediaStream;
  /** Counts what was wanted of each kind: a device that opens after something newer is let go. */
  private readonly wanted_ = { audio: 0, video: 0, screen: 0 };

  constructor(
    private readonly platform_: Platform,
    private readonly choice_: CaptureChoice,
    private readonly changed_: () => void,
    private readonly lost_: (loss: DeviceLoss) => void = () => {},
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
      const track = await this.openLatest_('audio');
      if (!track) return;
      publication.track = track;
      this.watchEnd_(publication);
      await this.replaceEverywhere_(publication);
    } else if (publication.track?.readyState !== 'live') {
      this.wanted_.audio += 1;
    }
    publication.muted = !on;
    if (publication.track) publication.track.enabled = on;
    this.describeEverywhere_(publication);
  }

  /** Off means off: the device is released and its light goes out. */
  async setCamera(on: boolean): Promise<void> {
    let publication = this.publications.get('camera');
    if (!on) {
      this.wanted_.video += 1;
      if (!publication) return;
      publication.track?.stop();
      publication.track = null;
      publication.muted = true;
      this.describeEverywhere_(publication);
      await this.replaceEverywhere_(publication);
      return;
    }
    if (publication?.track?.readyState === 'live') return;
    const track = await this.openLatest_('video');
    if (!track) return;
    publication = this.publications.get('camera');
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

  /** Continues with another device of the kind; empty for the system's default. */
  async setDevice(kind: 'audio' | 'video', deviceId: string): Promise<void> {
    this.forgetDevice_(kind);
    if (deviceId) this.choice_[kind] = { ...this.choice_[kind], deviceId: { exact: deviceId } };
    await this.reopen_(kind);
  }

  /** The camera on the other side of a phone; on a desk the next camera of the list. */
  async switchCamera(facing?: 'user' | 'environment'): Promise<void> {
    const current = this.track('camera')?.getSettings();
    const cameras = (await listDevices(this.platform_)).cameras;
    const before = current?.facingMode ?? facingOf(this.choice_.video);
    if (facing || before || cameras.length < 2) {
      const next = facing ?? (before === 'environment' ? 'user' : 'environment');
      this.forgetDevice_('video');
      this.choice_.video = { ...this.choice_.video, facingMode: { ideal: next } };
      await this.reopen_('video');
      return;
    }
    const index = cameras.findIndex((c) => c.deviceId === current?.deviceId);
    const next = cameras[(index + 1) % cameras.length];
    if (next) await this.setDevice('video', next.deviceId);
  }

  async startScreen(stream?: MediaStream): Promise<void> {
    if (this.publications.has('screen')) return;
    const screen = stream ?? (await this.chooseScreen_());
    if (!screen) return;
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
    this.wanted_.screen += 1;
    for (const source of ['screen', 'screen-audio'] as const) {
      const publication = this.publications.get(source);
      if (!publication) continue;
      this.publications.delete(source);
      publication.track?.stop();
      for (const publisher of this.publishers) publisher.remove(publication);
    }
    this.changed_();
  }

  /** Some browsers do not end the track of a device that is gone: then the list of devices tells. */
  devicesRemoved(removed: MediaDeviceInfo[], left: MediaDeviceInfo[]): void {
    for (const publication of this.publications.values()) {
      const track = publication.track;
      const id = track?.getSettings().deviceId;
      if (!track || !id) continue;
      const device = publication.kind === 'audio' ? 'audioinput' : 'videoinput';
      const matches = (d: MediaDeviceInfo) => d.kind === device && d.deviceId === id;
      if (removed.some(matches) && !left.some(matches)) void this.recover_(publication, track);
    }
  }

  /** Closes camera and microphone; their sections stay, empty. */
  async withhold(): Promise<void> {
    this.wanted_.audio += 1;
    this.wanted_.video += 1;
    this.stopScreen();
    const held = [...this.publications.values()].filter((p) => p.track);
    for (const publication of held) {
      publication.track?.stop();
      publication.track = null;
      publication.muted = true;
    }
    this.changed_();
    await Promise.all(held.map((p) => this.replaceEverywhere_(p)));
  }

  /** Releases every device; `keep` is somebody else's. */
  stop(keep: MediaStream | null = null): void {
    this.wanted_.audio += 1;
    this.wanted_.video += 1;
    this.wanted_.screen += 1;
    const kept = new Set(keep?.getTracks());
    for (const { track } of this.publications.values()) {
      if (track && !kept.has(track)) track.stop();
    }
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
    return {
      source: 'camera',
      kind: 'video',
      stream: this.main_,
      encodings: [],
      track,
      muted: false,
    };
  }

  private put_(publication: Publication): void {
    this.publications.set(publication.source, publication);
    this.watchEnd_(publication);
    for (const publisher of this.publishers) publisher.add(publication);
  }

  // A device that is pulled out ends its track.
  private watchEnd_(publication: Publication): void {
    const track = publication.track;
    track?.addEventListener('ended', () => void this.recover_(publication, track));
  }

  // Goes on with any other device of the kind; until that is open the others are told of a mute.
  private async recover_(publication: Publication, track: MediaStreamTrack): Promise<void> {
    const { kind, source } = publication;
    if (publication.track !== track || this.publications.get(source) !== publication) return;
    if (source !== 'camera' && source !== 'microphone') return;
    const muted = publication.muted;
    track.stop();
    publication.track = null;
    publication.muted = true;
    this.describeEverywhere_(publication);
    this.forgetDevice_(kind);
    const loss: DeviceLoss = { kind, label: track.label, replacement: null, error: null };
    try {
      const next = await this.openLatest_(kind);
      if (!next) return; // the person chose something else meanwhile
      next.enabled = !muted;
      publication.track = next;
      publication.muted = muted;
      this.watchEnd_(publication);
      await this.replaceEverywhere_(publication);
      this.describeEverywhere_(publication);
      loss.replacement = next.label;
    } catch (thrown) {
      loss.error = mediaErrorFrom(thrown);
    }
    this.lost_(loss);
  }

  // The old device goes on until the new one is there; where only one can be open at a time (many
  // phones), it is closed first.
  private async reopen_(kind: 'audio' | 'video'): Promise<void> {
    const publication = this.publications.get(kind === 'audio' ? 'microphone' : 'camera');
    const old = publication?.track;
    if (!publication || !old) return;
    let next: MediaStreamTrack | null;
    try {
      next = await this.openLatest_(kind);
    } catch (thrown) {
      if (mediaErrorFrom(thrown).code !== 'device_busy') throw thrown;
      old.stop();
      next = await this.openLatest_(kind);
    }
    if (!next) return;
    next.enabled = !publication.muted;
    old.stop();
    publication.track = next;
    this.watchEnd_(publication);
    await this.replaceEverywhere_(publication);
    this.changed_();
  }

  private forgetDevice_(kind: 'audio' | 'video'): void {
    const { deviceId: _gone, groupId: _group, ...rest } = this.choice_[kind] ?? {};
    this.choice_[kind] = rest;
  }

  // The person may take long to choose; null when something newer was wanted meanwhile.
  private async chooseScreen_(): Promise<MediaStream | null> {
    this.wanted_.screen += 1;
    const ticket = this.wanted_.screen;
    const screen = await captureScreen(this.platform_);
    if (ticket === this.wanted_.screen) return screen;
    for (const track of screen.getTracks()) track.stop();
    return null;
  }

  /** Opens a device; null when something newer was wanted while it opened. */
  private async openLatest_(kind: 'audio' | 'video'): Promise<MediaStreamTrack | null> {
    this.wanted_[kind] += 1;
    const ticket = this.wanted_[kind];
    const track = await this.open_(kind);
    if (ticket === this.wanted_[kind]) return track;
    track.stop();
    return null;
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

function facingOf(constraints: MediaTrackConstraints | undefined): string | undefined {
  const wish = constraints?.facingMode;
  if (typeof wish === 'string') return wish;
  const said = Array.isArray(wish) ? wish[0] : (wish?.exact ?? wish?.ideal);
  return Array.isArray(said) ? said[0] : said;
}
