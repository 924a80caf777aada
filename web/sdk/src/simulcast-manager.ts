// SimulcastManager: in which layers a camera is sent, and which of them are. Several encodings of the
// same picture (simulcast), or one encoding in layers (a scalability mode, W3C webrtc-svc) where the
// browser has it; fitted to what the camera delivers; all, or one that the page chose; without those
// that nobody watches.

import { preferredFirst } from './codecs.js';
import type { Platform, ViewSize } from './platform.js';
import type { WatchedLayer } from './protocol.js';
import { bitrateFor, cameraEncodings, type Layer, type VideoLimits } from './simulcast.js';

/** `auto`: every layer that somebody watches. Otherwise this one alone, which spares processor and uplink. */
export type SendQuality = Layer | 'auto';

export interface SimulcastOptions extends VideoLimits {
  /**
   * `svc`: one encoding in layers, where the browser has that; elsewhere, and by default, several
   * encodings.
   */
  layering?: 'simulcast' | 'svc';
  /** Of the camera: `VP8`, `VP9`, `H264` or `AV1`. By default VP9 for `svc`, else the browser's first. */
  codec?: string;
}

interface Sending {
  /** Of the camera; null for what is not sent in layers. */
  size: ViewSize | null;
  /** As the server said; null: it has not. */
  watched: WatchedLayer[] | null;
}

// TypeScript's DOM types lack it.
type Encoding = RTCRtpEncodingParameters & { scalabilityMode?: string };

/** Best first: key frames alone depend on smaller layers, so that a layer is left without waste. */
const kModes = ['L3T3_KEY', 'L3T3'];
/** One size, three frame rates. */
const kOneSize = 'L1T3';
const kScale: Record<Layer, number> = { high: 1, medium: 2, low: 4 };
/** A browser's answer before it knows its camera. */
const kUsualSize = { width: 1280, height: 720 };

export class SimulcastManager {
  private readonly sending_ = new Map<RTCRtpSender, Sending>();
  private quality_: SendQuality = 'auto';
  private sparing_ = false;
  private mode_: string | null | undefined;
  private applying_: Promise<void> = Promise.resolve();

  constructor(
    private readonly platform_: Platform,
    private readonly options_: SimulcastOptions = {},
  ) {}

  get quality(): SendQuality {
    return this.quality_;
  }

  /** The scalability mode that cameras are sent in; null: in several encodings. */
  get scalabilityMode(): string | null {
    if (this.mode_ === undefined) this.mode_ = this.findMode_();
    return this.mode_;
  }

  /** For a camera of this size, the smallest first. */
  encodings({ width, height }: ViewSize = kUsualSize): RTCRtpEncodingParameters[] {
    const mode = this.scalabilityMode;
    if (!mode) return cameraEncodings(width, height, this.options_);
    const { maxFramerate } = this.options_;
    const encoding: Encoding = {
      active: true,
      scalabilityMode: mode,
      maxBitrate: topBitrate({ width, height }, this.options_),
      ...(maxFramerate ? { maxFramerate } : {}),
    };
    return [encoding];
  }

  /** A section that sends a camera in layers. */
  setupSimulcast(
    connection: RTCPeerConnection,
    camera: MediaStreamTrack | null,
    streams: MediaStream[] = [],
  ): RTCRtpTransceiver {
    const size = sizeOf(camera);
    const transceiver = connection.addTransceiver(camera ?? 'video', {
      direction: 'sendonly',
      streams,
      sendEncodings: this.encodings(size),
    });
    const codec = this.options_.codec ?? (this.scalabilityMode ? 'VP9' : undefined);
    const codecs = this.platform_.codecCapabilities('video');
    if (codec && codecs.length > 0 && typeof transceiver.setCodecPreferences === 'function') {
      transceiver.setCodecPreferences(preferredFirst(codecs, codec));
    }
    this.sending_.set(transceiver.sender, { size, watched: null });
    if (this.quality_ !== 'auto' || this.sparing_) void this.apply_(transceiver.sender);
    return transceiver;
  }

  /** Of every camera that is sent, from now on; resolves when the browser took it. */
  async adjustQuality(quality: SendQuality): Promise<void> {
    this.quality_ = quality;
    await Promise.all([...this.sending_.keys()].map((sender) => this.apply_(sender)));
  }

  /** Without the largest layer, which costs most to encode, until that is taken back. */
  async spare(sparing: boolean): Promise<void> {
    if (this.sparing_ === sparing) return;
    this.sparing_ = sparing;
    await Promise.all([...this.sending_.keys()].map((sender) => this.apply_(sender)));
  }

  /** Fits the layers of every camera to what it delivers now. */
  async refit(): Promise<void> {
    await Promise.all([...this.sending_.keys()].map((sender) => this.fit(sender)));
  }

  /** Another camera, or the same one turned or at another size: the layers are fitted anew. */
  async fit(sender: RTCRtpSender, camera = sender.track): Promise<void> {
    const sending = this.sending_.get(sender);
    if (!sending?.size || !camera) return;
    const size = sizeOf(camera);
    if (size.width * size.height === sending.size.width * sending.size.height) return;
    sending.size = size;
    await this.apply_(sender);
  }

  /** Layers that nobody watches need not be sent; null: all are, until something is said. */
  async setWatched(sender: RTCRtpSender, watched: WatchedLayer[] | null): Promise<void> {
    const sending = this.sending_.get(sender) ?? { size: null, watched: null };
    this.sending_.set(sender, sending);
    sending.watched = watched;
    await this.apply_(sender);
  }

  /** All layers again, as of something new; only what was changed is changed back. */
  async watchAll(sender: RTCRtpSender): Promise<void> {
    if (this.sending_.get(sender)?.watched) await this.setWatched(sender, null);
  }

  forget(sender: RTCRtpSender): void {
    this.sending_.delete(sender);
  }

  private findMode_(): string | null {
    if (this.options_.layering !== 'svc') return null;
    const codec = `video/${this.options_.codec ?? 'VP9'}`.toLowerCase();
    const codecs = this.platform_.codecCapabilities('video');
    if (!codecs.some((c) => c.mimeType.toLowerCase() === codec)) return null;
    return kModes.find((mode) => takesMode(this.platform_, mode)) ?? null;
  }

  private apply_(sender: RTCRtpSender): Promise<void> {
    // One after the other: parameters that were read before another change are refused.
    this.applying_ = this.applying_.then(async () => {
      const sending = this.sending_.get(sender);
      if (!sending) return;
      try {
        const parameters = sender.getParameters();
        if (this.change_(parameters.encodings, sending)) await sender.setParameters(parameters);
      } catch {
        // The section closed meanwhile, or this browser cannot: then more is sent than watched.
      }
    });
    return this.applying_;
  }

  /** Whether something changed. */
  private change_(encodings: Encoding[], sending: Sending): boolean {
    let changed = false;
    for (const encoding of encodings) {
      const now: Encoding = { active: true, scaleResolutionDownBy: 1, ...encoding };
      for (const [key, value] of Object.entries(this.wanted_(encoding, sending))) {
        if (now[key as keyof Encoding] === value) continue;
        Object.assign(encoding, { [key]: value });
        changed = true;
      }
    }
    return changed;
  }

  private wanted_(encoding: Encoding, { size, watched }: Sending): Encoding {
    const { rid = '' } = encoding;
    const one = size && this.only_(rid);
    const anybody = watched === null || watched.some((layer) => layer.active);
    const isWatched = (each: string) => watched?.find((layer) => layer.rid === each)?.active;
    const active = isWatched(rid) ?? (watched === null || (encoding.active ?? true));
    const several = size && this.sparing_ ? this.spared_(rid, active, isWatched('high')) : active;
    return {
      active: one && rid ? rid === one && anybody : several,
      ...(size ? this.fitted_(encoding, size, one) : {}),
    };
  }

  /** The one layer that is sent; null: several are. */
  private only_(rid: string): Layer | null {
    const wanted = this.quality_ === 'auto' ? null : this.quality_;
    if (!this.sparing_ || wanted === 'low') return wanted;
    return wanted || !rid ? 'medium' : null;
  }

  // Who watches the largest layer gets the next one.
  private spared_(rid: string, active: boolean, highWatched = false): boolean {
    return rid === 'medium' ? active || highWatched : active && rid !== 'high';
  }

  private fitted_({ rid, scalabilityMode }: Encoding, size: ViewSize, one: Layer | null): Encoding {
    const scale = kScale[(rid as Layer | undefined) ?? one ?? 'high'] ?? 1;
    const { width, height } = size;
    const maxBitrate = topBitrate(
      { width: width / scale, height: height / scale },
      this.share_(size),
    );
    if (rid) return { maxBitrate };
    // Without layers to choose from the picture itself is made smaller.
    const mode = this.scalabilityMode;
    return {
      maxBitrate,
      scaleResolutionDownBy: scale,
      ...(mode && scalabilityMode ? { scalabilityMode: one ? kOneSize : mode } : {}),
    };
  }

  // What a limit leaves of the whole picture's rate holds for each layer alike.
  private share_(size: ViewSize): { share: number } {
    return { share: topBitrate(size, this.options_) / bitrateFor(size.width, size.height) };
  }
}

function topBitrate(
  { width, height }: ViewSize,
  { maxBitrate = Number.POSITIVE_INFINITY, share = 1 }: VideoLimits & { share?: number },
): number {
  return Math.round(Math.min(maxBitrate, share * bitrateFor(width, height)));
}

function sizeOf(camera: MediaStreamTrack | null): ViewSize {
  const { width, height } = camera?.getSettings() ?? {};
  return width && height ? { width, height } : kUsualSize;
}

// Browsers without scalability modes drop the field, others refuse modes that no codec of theirs has.
function takesMode(platform: Platform, scalabilityMode: string): boolean {
  const connection = platform.createPeerConnection({});
  try {
    const sendEncodings: Encoding[] = [{ scalabilityMode }];
    const { sender } = connection.addTransceiver('video', { sendEncodings });
    const [encoding] = sender.getParameters().encodings as Encoding[];
    return encoding?.scalabilityMode === scalabilityMode;
  } catch {
    return false;
  } finally {
    connection.close();
  }
}
