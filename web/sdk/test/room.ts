// Entering a room of the fake server, for the tests of ConferenceClient.

import { ConferenceClient, type ConferenceOptions, type JoinOptions } from '../src/conference.js';
import { type AnyMessage, FakeDevices, FakePlatform, settle } from './fakes.js';

export class FakeRoom {
  readonly platform = new FakePlatform();
  readonly devices = new FakeDevices();
  readonly client: ConferenceClient;

  constructor(options: ConferenceOptions = {}) {
    this.platform.mediaDevices = this.devices.asDevices;
    this.client = new ConferenceClient({
      url: 'ws://server/signal',
      platform: this.platform,
      ...options,
    });
  }

  get socket() {
    return this.platform.socket;
  }

  async greet(): Promise<void> {
    this.socket.open();
    this.socket.receive({
      type: 'welcome',
      clientId: 'me',
      resumeToken: 'token',
      iceServers: [],
      protocol: 1,
      heartbeatMs: 5000,
    });
    await settle();
  }

  async enter(joined: Record<string, unknown> = {}, options: JoinOptions = {}): Promise<void> {
    const entered = this.client.join('room', { name: 'Me', ...options });
    await settle();
    await this.greet();
    this.joined(joined);
    await entered;
    await settle();
  }

  joined(more: Record<string, unknown> = {}): void {
    this.socket.receive({
      type: 'joined',
      room: 'room',
      clientId: 'me',
      topology: 'sfu',
      peers: [{ id: 'sfu', metadata: {} }],
      participants: [],
      resumable: true,
      seq: 1,
      ...more,
    });
  }

  async receive(message: AnyMessage): Promise<void> {
    this.socket.receive(message);
    await settle();
  }
}

export function person(id: string, metadata: Record<string, unknown> = {}) {
  return {
    id,
    metadata: { name: id.toUpperCase(), ...metadata },
    connection: 'connected',
    tracks: [],
  };
}
