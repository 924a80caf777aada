// The connection to the media server, and what is published on it.

import type { ParleyError } from './errors.js';
import { Link } from './link.js';
import type { LocalMedia } from './local.js';
import type { Platform } from './platform.js';
import type { SessionMessage } from './protocol.js';
import { ServerPublisher } from './publisher.js';
import type { Roster } from './remote.js';
import type { SimulcastManager } from './simulcast-manager.js';

export interface ServerConnectionOptions {
  platform: Platform;
  iceServers: RTCIceServer[];
  simulcast: SimulcastManager;
  local: LocalMedia;
  roster: Roster;
  /** Of somebody, for the first time. */
  mediaFlows(): void;
  /** It is lost, and no ICE restart brings it back. */
  failed(): void;
  error(error: ParleyError): void;
}

/** The media server's name as a peer. */
export const kSfu = 'sfu';

export class ServerConnection {
  readonly link: Link;
  readonly publisher: ServerPublisher;
  private readonly held_: SessionMessage[] = [];
  private send_ = (message: SessionMessage): void => {
    this.held_.push(message);
  };

  /** Until open() is called, what it says is held back. */
  constructor(private readonly options_: ServerConnectionOptions) {
    const { platform, iceServers, local } = options_;
    this.link = new Link({
      platform,
      peerId: kSfu,
      polite: false,
      configuration: { iceServers },
      sendDescription: ({ type, sdp = '' }) => {
        if (type === 'offer') this.send_({ type, to: kSfu, sdp: { type, sdp } });
        if (type === 'answer') this.send_({ type, to: kSfu, sdp: { type, sdp } });
      },
      sendCandidate: (candidate) => this.send_({ type: 'ice-candidate', to: kSfu, candidate }),
    });
    this.publisher = new ServerPublisher(this.link, options_.simulcast, (section) =>
      this.send_({ type: 'describe-track', ...section }),
    );
    this.listen_();
    for (const publication of local.publications.values()) this.publisher.add(publication);
    local.publishers.add(this.publisher);
  }

  /** The room is entered: says what was held back, and offers. */
  open(send: (message: SessionMessage) => void): void {
    this.send_ = send;
    for (const message of this.held_.splice(0)) send(message);
    if (!this.link.started) this.link.start(true);
  }

  close(): void {
    this.options_.local.publishers.delete(this.publisher);
    this.publisher.close();
    this.link.close();
  }

  private listen_(): void {
    const { link, publisher } = this;
    const { local, roster, mediaFlows, failed, error } = this.options_;
    link.beforeSend = () => {
      for (const publication of local.publications.values()) publisher.describe(publication);
    };
    link.on('track', ({ mid, track }) => {
      track.addEventListener('unmute', () => mediaFlows());
      roster.mediaArrived(mid, track);
    });
    link.on('trackEnded', ({ mid }) => roster.mediaEnded(mid));
    link.on('error', error);
    link.on('state', (state) => {
      if (state === 'failed') failed();
    });
  }
}
