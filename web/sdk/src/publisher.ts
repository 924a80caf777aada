// Puts publications on a connection. Toward the server each has a section of its own that only
// sends, video in simulcast layers. Toward a mesh peer tracks are added the plain way, so that the
// side that answers fills the sections of the offer and sends as well.

import type { Link } from './link.js';
import type { Publication, PublishedSource, Publisher } from './local.js';
import type { TrackSource, WatchedLayer } from './protocol.js';
import type { SimulcastManager } from './simulcast-manager.js';

export interface SectionDescription {
  mid: string;
  source: TrackSource;
  muted: boolean;
}

export class ServerPublisher implements Publisher {
  private readonly sections_ = new Map<PublishedSource, RTCRtpTransceiver>();
  private readonly retired_: { source: PublishedSource; section: RTCRtpTransceiver }[] = [];
  private readonly said_ = new Map<string, string>();

  constructor(
    private readonly link_: Link,
    private readonly simulcast_: SimulcastManager,
    private readonly say_: (section: SectionDescription) => void,
  ) {}

  add(publication: Publication): void {
    const { source, track, stream } = publication;
    const spare = this.spareSection_(publication);
    if (spare) {
      // A new publication is sent whole until the server says what is watched.
      void this.simulcast_.watchAll(spare.sender);
      void this.simulcast_.fit(spare.sender, track);
      spare.direction = 'sendonly';
      spare.sender.setStreams?.(stream);
      void spare.sender.replaceTrack(track);
      this.sections_.set(source, spare);
      return;
    }
    const { pc } = this.link_;
    const section =
      source === 'camera'
        ? this.simulcast_.setupSimulcast(pc, track, [stream])
        : pc.addTransceiver(track ?? publication.kind, sendOnly(publication));
    this.sections_.set(source, section);
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
    const sender = this.sections_.get(publication.source)?.sender;
    if (!sender) return;
    await sender.replaceTrack(publication.track);
    await this.simulcast_.fit(sender, publication.track);
  }

  /** The connection is gone. */
  close(): void {
    for (const { sender } of this.sections_.values()) this.simulcast_.forget(sender);
    for (const { section } of this.retired_) this.simulcast_.forget(section.sender);
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
    if (section) void this.simulcast_.setWatched(section.sender, layers);
  }

  // A section is reused for the same source only: its encodings were fixed when it was made.
  private spareSection_(publication: Publication): RTCRtpTransceiver | null {
    const index = this.retired_.findIndex((r) => r.source === publication.source);
    return index < 0 ? null : (this.retired_.splice(index, 1)[0]?.section ?? null);
  }
}

function sendOnly({ stream, encodings }: Publication): RTCRtpTransceiverInit {
  const init: RTCRtpTransceiverInit = { direction: 'sendonly', streams: [stream] };
  return encodings.length > 0 ? { ...init, sendEncodings: encodings } : init;
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
