// Puts own media on a connection of two: one section for sound, one for the picture. A shared screen
// takes the camera's place in that section and gives it back at the end, so that neither costs a
// negotiation; the screen's own sound has a section of its own.

import type { Publication, Publisher } from './local.js';

type Section = 'audio' | 'video' | 'screen-audio';

export class CallPublisher implements Publisher {
  private readonly senders_ = new Map<Section, RTCRtpSender>();
  private readonly shown_ = new Map<Section, Publication[]>();

  constructor(
    private readonly connection_: RTCPeerConnection,
    private readonly described_: () => void,
  ) {}

  add(publication: Publication): void {
    const section = sectionOf(publication);
    const stack = (this.shown_.get(section) ?? []).filter((p) => p.source !== publication.source);
    // A screen lies above the camera, whichever came first.
    if (publication.source === 'screen') stack.push(publication);
    else stack.unshift(publication);
    this.shown_.set(section, stack);
    void this.refresh_(section);
  }

  remove(publication: Publication): void {
    const section = sectionOf(publication);
    const stack = this.shown_.get(section) ?? [];
    this.shown_.set(
      section,
      stack.filter((p) => p !== publication),
    );
    void this.refresh_(section);
  }

  async replace(publication: Publication): Promise<void> {
    await this.refresh_(sectionOf(publication));
  }

  describe(): void {
    this.described_();
  }

  private async refresh_(section: Section): Promise<void> {
    const top = this.shown_.get(section)?.at(-1);
    const track = top?.track ?? null;
    const sender = this.senders_.get(section);
    if (!sender) {
      // addTrack fills a section that the other side offered, or makes one that its offer fills.
      if (top && track) {
        this.senders_.set(section, this.connection_.addTrack(track, top.stream));
      }
      return;
    }
    if (sender.track === track) return;
    try {
      await sender.replaceTrack(track);
    } catch (error) {
      if (this.connection_.signalingState !== 'closed') throw error;
    }
  }
}

function sectionOf({ source, kind }: Publication): Section {
  return source === 'screen-audio' ? 'screen-audio' : kind;
}
