// Notices that a path died sooner than browsers say so. Chromium and Firefox call a connection
// disconnected only after five seconds or more without an answer; media that flowed steadily and then
// stops for a second and a half is as good a sign, and so are checks without answers in that time. An
// ICE restart that was not needed disturbs nothing: media stays on the old path until the new one is
// proven (RFC 8445 §9).

import type { Platform } from './platform.js';

const kLookMs = 500;
/** How long packets must have flowed without a pause before a silence means anything. */
const kSteadyMs = 1500;
const kSilentMs = 1500;
/** Checks in a silence that nobody answered: one may be lost, or under way. */
const kUnanswered = 2;
/** A look that comes so late tells of a busy machine, not of the network. */
const kLateMs = 1200;
/** Between two alarms: a restart needs time to show that it helped. */
const kPauseMs = 8000;

// What is read of the statistics; TypeScript's DOM types lack some of it.
type Raw = Record<string, unknown> & { id: string; type: string };

export class PathWatch {
  private timer_: unknown = null;
  private running_ = false;
  private received_: number | null = null;
  /** Checks without an answer when a packet came last. */
  private unanswered_ = 0;
  private lookedAt_ = 0;
  private steadyFor_ = 0;
  private silentFor_ = 0;
  private alarmAt_ = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly platform_: Platform,
    private readonly connection_: RTCPeerConnection,
    private readonly silent_: () => void,
  ) {}

  start(): void {
    if (this.running_) return;
    this.running_ = true;
    this.forget_();
    this.arm_();
  }

  stop(): void {
    this.running_ = false;
    this.platform_.clearTimer(this.timer_);
  }

  private arm_(): void {
    this.timer_ = this.platform_.setTimer(async () => {
      const path = await readPath(this.connection_);
      if (!this.running_) return;
      this.look_(path);
      this.arm_();
    }, kLookMs);
  }

  private look_(path: Path | null): void {
    const received = path?.received ?? null;
    const now = this.platform_.now();
    const passed = now - this.lookedAt_;
    const before = this.received_;
    this.lookedAt_ = now;
    this.received_ = received;
    if (path === null || before === null || path.received < before || passed > kLateMs) {
      this.unanswered_ = path?.unanswered ?? 0;
      this.steadyFor_ = 0;
      this.silentFor_ = 0;
      return;
    }
    if (path.received > before) {
      this.unanswered_ = path.unanswered;
      // A silence that ended by itself: what follows must be steady again to be judged.
      this.steadyFor_ = this.silentFor_ > 0 ? 0 : this.steadyFor_ + passed;
      this.silentFor_ = 0;
      return;
    }
    this.silentFor_ += passed;
    const ignored = path.unanswered - this.unanswered_ >= kUnanswered;
    const alarming = this.silentFor_ >= kSilentMs && (ignored || this.steadyFor_ >= kSteadyMs);
    if (!alarming || now - this.alarmAt_ < kPauseMs) return;
    this.alarmAt_ = now;
    this.steadyFor_ = 0;
    this.silent_();
  }

  private forget_(): void {
    this.received_ = null;
    this.unanswered_ = 0;
    this.lookedAt_ = this.platform_.now();
    this.steadyFor_ = 0;
    this.silentFor_ = 0;
  }
}

interface Path {
  received: number;
  /** Checks sent that nobody has answered; 0 where the browser does not count them. */
  unanswered: number;
}

/** Of the path in use; null where the browser does not tell. */
async function readPath(connection: RTCPeerConnection): Promise<Path | null> {
  const source = cheapestSource(connection);
  if (!source) return null;
  try {
    const report = (await source.getStats()) as unknown as Map<string, Raw>;
    const all = [...report.values()];
    const selected = all.find((s) => s.type === 'transport')?.selectedCandidatePairId;
    const pairs = all.filter((s) => s.type === 'candidate-pair');
    const pair =
      pairs.find((s) => s.id === selected) ??
      pairs.find((s) => s.selected === true) ??
      pairs.find((s) => s.nominated === true && s.state === 'succeeded');
    if (!pair) return null;
    const count = pair.packetsReceived ?? pair.bytesReceived;
    if (typeof count !== 'number') return null;
    const { requestsSent: sent, responsesReceived: answered } = pair;
    const counted = typeof sent === 'number' && typeof answered === 'number';
    return { received: count, unanswered: counted ? Math.max(0, sent - answered) : 0 };
  } catch {
    return null; // closed in between
  }
}

// A whole report lists every stream of a conference; one section's names the same path.
function cheapestSource(connection: RTCPeerConnection): RTCRtpSender | RTCRtpReceiver | null {
  const transceivers = connection.getTransceivers();
  const sending = transceivers.find((t) => t.sender.track && t.currentDirection?.includes('send'));
  if (sending) return statsOf(sending.sender);
  const receiving = transceivers.find((t) => t.currentDirection?.includes('recv'));
  return receiving ? statsOf(receiving.receiver) : null;
}

function statsOf<T extends { getStats?: unknown }>(source: T): T | null {
  return typeof source.getStats === 'function' ? source : null;
}
