// Puts publications on a connection. Toward the server each has a section of its own that only
// sends, video in simulcast layers. Toward a mesh peer tracks are added the plain way, so that the
// side that answers fills the sections of the offer and sends as well.

import type { Link } from './link.js';
import type { Publication, PublishedSource, Publisher } from './local.js';
import type { TrackSource, WatchedLayer } from './protocol.js';

export interface SectionDescription {
  mid: string;
  source: TrackSource;
  muted: boolean;
}

export class ServerPublisher implements Publisher {
  private readonly sections_ = new Map<PublishedSource, RTCRtpTransceiver>();
  private readonly retired_: { source: PublishedSource; section: RTCRtpTransceiver }[] = [];
  private readonly said_ = new Map<string, string>();
  private readonly watched_ = new Map<RTCRtpSender, WatchedLayer[]>();
  private applying_: Promise<void> = Promise.resolve();

  constructor(
    private readonly link_: Link,
    private readonly say_: (section: SectionDescription) => void,
  ) {}

  add(publication: Publication): void {
    const { kind, track, stream, encodings } = publication;
    const spare = this.spareSection_(publication);
    if (spare) {
      this.sendAll_(spare.sender);
      spare.direction = 'sendonly';
      spare.sender.setStreams?.(stream);
      void spare.sender.replaceTrack(track);
      this.sections_.set(publication.source, spare);
      return;
    }
    const init: RTCRtpTransceiverInit = { direction: 'sendonly', streams: [stream] };
    if (encodings.length > 0) init.sendEncodings = encodings;
    this.sections_.set(publication.source, this.link_.pc.addTransceiver(track ?? kind, init));
  }

  remove(publication: Publication): void {
    const section = this.sections_.get(publication.source);
    if (!section) return;
    this.sections_.delete(publication.source);
    this.retired_.push({ source: publication.source, section });
    if (section.mid) this.said_.delete(section.mid);
    void section.sender.replaceTrack(null).catch(() => {});
    section.direction = 'inactive';
  }

  async replace(publication: Publication): Promise<void> {
    await this.sections_.get(publication.source)?.sender.replaceTrack(publication.track);
  }

  describe(publication: Publication): void {
    const mid = this.sections_.get(publication.source)?.mid;
    if (!mid) return; // said by describeAll once the section has its name
    const { source, muted } = publication;
    const said = `${source} ${muted}`;
    if (this.said_.get(mid) === said) return;
    this.said_.set(mid, said);
    this.say_({ mid, source, muted });
  }

  /** Encodes and sends only what somebody watches; the newest word on a section counts. */
  setLayers(mid: string, layers: WatchedLayer[]): void {
    const section = [...this.sections_.values()].find((s) => s.mid === mid);
    if (section) this.apply_(section.sender, layers);
  }

  // A new publication is sent whole until the server says what is watched.
  private sendAll_(sender: RTCRtpSender): void {
    const told = this.watched_.get(sender);
    if (told)
      this.apply_(
        sender,
        told.map(({ rid }) => ({ rid, active: true })),
      );
  }

  private apply_(sender: RTCRtpSender, layers: WatchedLayer[]): void {
    this.watched_.set(sender, layers);
    // One after the other: parameters that were read before another change are refused.
    this.applying_ = this.applying_.then(async () => {
      if (this.watched_.get(sender) !== layers) return;
      try {
        const parameters = sender.getParameters();
        if (setActive(parameters.encodings, layers)) await sender.setParameters(parameters);
      } catch {
        // The section closed meanwhile, or this browser cannot: then more is sent than watched.
      }
    });
  }

  // A section is reused for the same source only: its encodings were fixed when it was made.
  private spareSection_(publication: Publication): RTCRtpTransceiver | null {
    const index = this.retired_.findIndex((r) => r.source === publication.source);
    return index < 0 ? null : (this.retired_.splice(index, 1)[0]?.section ?? null);
  }
}

/** Whether something changed. */
function setActive(encodings: RTCRtpEncodingParameters[], layers: WatchedLayer[]): boolean {
  let changed = false;
  for (const encoding of encodings) {
    // Without simulcast there is one encoding, without a name.
    const layer = layers.find((l) => l.rid === (encoding.rid ?? ''));
    if (!layer || (encoding.active ?? true) === layer.active) continue;
    encoding.active = layer.active;
    changed = true;
  }
  return changed;
}

export class PeerPublisher implements Publisher {
  private readonly senders_ = new Map<PublishedSource, RTCRtpSender>();

  constructor(
    private readonly link_: Link,
    private readonly say_: () => void,
  ) {}

  add(publication: Publication): void {
    if (!publication.track || this.senders_.has(publication.source)) return;
    const sender = this.link_.pc.addTrack(publication.track, publication.stream);
    this.senders_.set(publication.source, sender);
  }

  remove(publication: Publication): void {
    const sender = this.senders_.get(publication.source);
    if (!sender) return;
    this.senders_.delete(publication.source);
    this.link_.pc.removeTrack(sender);
  }

  async replace(publication: Publication): Promise<void> {
    const sender = this.senders_.get(publication.source);
    if (sender) await sender.replaceTrack(publication.track);
    else this.add(publication);
  }

  describe(): void {
    this.say_();
  }

  /** What each section carries, once sections have names. */
  sections(publications: Iterable<Publication>): SectionDescription[] {
    const result: SectionDescription[] = [];
    for (const { source, muted } of publications) {
      const sender = this.senders_.get(source);
      const section = this.link_.pc.getTransceivers().find((t) => sender && t.sender === sender);
      if (section?.mid) result.push({ mid: section.mid, source, muted });
    }
    return result;
  }
}
