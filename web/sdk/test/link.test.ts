import { beforeEach, describe, expect, it } from 'vitest';
import type { ConnectionError } from '../src/errors.js';
import { Link, type LinkState } from '../src/link.js';
import { type FakePeerConnection, FakePlatform, FakeTrack, settle } from './fakes.js';

let platform: FakePlatform;
let sent: RTCSessionDescriptionInit[];
let link: Link;
let pc: FakePeerConnection;

function make(polite: boolean, offererYields = false) {
  platform = new FakePlatform();
  sent = [];
  link = new Link({
    platform,
    peerId: 'sfu',
    polite,
    offererYields,
    configuration: {},
    sendDescription: (d) => sent.push(d),
    sendCandidate: () => {},
  });
  pc = platform.connection;
}

beforeEach(() => make(false));

describe('negotiation', () => {
  it('offers, and takes the answer', async () => {
    link.start(true);
    await settle();
    expect(sent).toEqual([{ type: 'offer', sdp: 'offer 1' }]);
    await link.handleDescription({ type: 'answer', sdp: 'a' });
    expect(pc.signalingState).toBe('stable');
  });

  it('answers an offer', async () => {
    await link.handleDescription({ type: 'offer', sdp: 'o' });
    expect(sent).toEqual([{ type: 'answer', sdp: 'answer' }]);
  });

  it('ignores an offer that crosses its own when impolite', async () => {
    link.start(true);
    await settle();
    let accepted = false;
    await link.handleDescription({ type: 'offer', sdp: 'theirs' }, () => {
      accepted = true;
    });
    expect(accepted).toBe(false);
    expect(pc.remoteDescription).toBeNull();
    await link.handleDescription({ type: 'answer', sdp: 'a' });
    await link.handleDescription({ type: 'offer', sdp: 'again' });
    expect(pc.remoteDescription?.sdp).toBe('again');
    expect(sent.at(-1)?.type).toBe('answer');
  });

  it('gives way when polite', async () => {
    make(true);
    link.start(true);
    await settle();
    await link.handleDescription({ type: 'offer', sdp: 'theirs' });
    expect(pc.remoteDescription?.sdp).toBe('theirs');
    expect(sent.at(-1)?.type).toBe('answer');
  });

  it('gives way after it offered first, whatever decided before', async () => {
    make(false, true);
    link.start(true);
    await settle();
    await link.handleDescription({ type: 'answer', sdp: 'a' });
    void link.offer();
    await settle();
    await link.handleDescription({ type: 'offer', sdp: 'theirs' });
    expect(pc.remoteDescription?.sdp).toBe('theirs');
  });

  it('does not give way after it answered first: Chromium would lose its picture', async () => {
    make(true, true);
    await link.handleDescription({ type: 'offer', sdp: 'first' });
    void link.offer();
    await settle();
    await link.handleDescription({ type: 'offer', sdp: 'theirs' });
    expect(pc.remoteDescription?.sdp).toBe('first');
    expect(pc.signalingState).toBe('have-local-offer');
  });

  it('does not offer twice at once, and ignores an answer that nobody awaits', async () => {
    link.start(true);
    void link.offer();
    await settle();
    expect(sent).toHaveLength(1);
    await link.handleDescription({ type: 'answer', sdp: 'a' });
    await link.handleDescription({ type: 'answer', sdp: 'late' });
    expect(pc.remoteDescription?.sdp).toBe('a');
  });

  it('negotiates later changes by itself, but not before it was started', async () => {
    pc.addTransceiver('audio');
    await settle();
    expect(sent).toHaveLength(0);
    link.start(true);
    await settle();
    await link.handleDescription({ type: 'answer', sdp: 'a' });
    pc.addTransceiver('video');
    await settle();
    expect(sent).toHaveLength(2);
  });

  it('survives a description that the browser refuses', async () => {
    const errors: ConnectionError[] = [];
    link.on('error', (e) => errors.push(e));
    await link.handleDescription({ type: 'offer', sdp: 'broken' });
    expect(errors[0]?.code).toBe('negotiation_failed');
    await link.handleDescription({ type: 'offer', sdp: 'fine' });
    expect(sent.at(-1)?.type).toBe('answer');
  });

  it('keeps candidates that come before their description', async () => {
    await link.handleCandidate({ candidate: 'early' });
    expect(pc.candidates).toHaveLength(0);
    await link.handleDescription({ type: 'offer', sdp: 'o' });
    expect(pc.candidates).toEqual([{ candidate: 'early' }]);
  });
});

describe('remote sections', () => {
  it('tells when a section starts and stops carrying media', async () => {
    const events: string[] = [];
    link.on('track', ({ mid, streamId }) => events.push(`+${mid} ${streamId}`));
    link.on('trackEnded', ({ mid }) => events.push(`-${mid}`));
    await link.handleDescription({ type: 'offer', sdp: 'o' });
    pc.receiveTrack('3', new FakeTrack('video'), 'bob');
    pc.transceivers[0]!.currentDirection = 'inactive';
    await link.handleDescription({ type: 'offer', sdp: 'o' });
    expect(events).toEqual(['+3 bob', '-3']);
  });
});

describe('recovery', () => {
  it('restarts ICE after an interruption that lasts, then fails', async () => {
    const states: LinkState[] = [];
    link.on('state', (s) => states.push(s));
    link.start(true);
    await settle();
    await link.handleDescription({ type: 'answer', sdp: 'a' });
    pc.become('connected');
    pc.become('disconnected');
    await platform.advance(300);
    expect(pc.restarts).toBe(0);
    await platform.advance(700);
    expect(pc.restarts).toBe(1);
    await platform.advance(60_000);
    expect(pc.restarts).toBe(3);
    expect(states).toEqual(['connected', 'interrupted', 'failed']);
  });

  it('does nothing more once connected again', async () => {
    pc.become('connected');
    pc.become('disconnected');
    await platform.advance(300);
    pc.become('connected');
    await platform.advance(60_000);
    expect(pc.restarts).toBe(0);
    link.close();
    expect(platform.timerCount).toBe(0);
  });

  it('looks for a new path when the network changed', async () => {
    pc.become('connected');
    platform.networkChange();
    expect(pc.restarts).toBe(1);
    link.close();
    platform.networkChange();
    expect(pc.restarts).toBe(1);
  });
});

describe('a path that falls silent', () => {
  let received = 0;
  const flow = async (milliseconds: number, each = 25) => {
    for (let past = 0; past < milliseconds; past += 500) {
      received += each;
      pc.transceivers[0]!.sender.path = { packetsReceived: received };
      await platform.advance(500);
    }
  };

  beforeEach(async () => {
    received = 0;
    const section = pc.addTransceiver(new FakeTrack('audio'));
    section.currentDirection = 'sendonly';
    pc.become('connected');
  });

  it('is looked for anew long before the browser says so', async () => {
    await flow(4000);
    await flow(2000, 0);
    expect(pc.restarts).toBe(1);
    // One alarm is enough until packets flow again.
    await flow(20_000, 0);
    expect(pc.restarts).toBe(1);
  });

  it('means nothing where packets did not flow steadily', async () => {
    for (let i = 0; i < 5; i += 1) {
      await flow(1000);
      await flow(1000, 0);
    }
    await flow(5000, 0);
    expect(pc.restarts).toBe(0);
  });

  it('is known by checks without an answer where packets had not begun to flow steadily', async () => {
    await flow(1000);
    const before = { packetsReceived: received, responsesReceived: 3 };
    for (const requestsSent of [3, 4, 5, 5]) {
      pc.transceivers[0]!.sender.path = { ...before, requestsSent };
      await platform.advance(500);
    }
    expect(pc.restarts).toBe(1);
  });

  it('means nothing while checks are answered', async () => {
    await flow(1000);
    for (let checks = 3; checks < 30; checks += 1) {
      const path = {
        packetsReceived: received,
        requestsSent: checks + 1,
        responsesReceived: checks,
      };
      pc.transceivers[0]!.sender.path = path;
      await platform.advance(500);
    }
    expect(pc.restarts).toBe(0);
  });

  it('is no alarm when the machine was too busy to look', async () => {
    await flow(4000);
    platform.time += 5000;
    await flow(1000, 0);
    expect(pc.restarts).toBe(0);
  });
});
