// What the SDK needs from the browser, gathered in one place so that tests can hand in fakes.

export interface SocketLike {
  readonly readyState: number;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

export interface Platform {
  createSocket(url: string): SocketLike;
  createPeerConnection(configuration: RTCConfiguration): RTCPeerConnection;
  createStream(tracks: MediaStreamTrack[]): MediaStream;
  readonly mediaDevices: MediaDevices | undefined;
  readonly secure: boolean;
  /** Monotonic milliseconds. */
  now(): number;
  /** 0 up to, not including, 1. */
  random(): number;
  setTimer(callback: () => void, milliseconds: number): unknown;
  clearTimer(timer: unknown): void;
  /** Calls back when the network came back or changed; returns the function that stops it. */
  onNetworkChange(callback: () => void): () => void;
}

export function browserPlatform(): Platform {
  return {
    createSocket: (url) => new WebSocket(url) as unknown as SocketLike,
    createPeerConnection: (configuration) => new RTCPeerConnection(configuration),
    createStream: (tracks) => new MediaStream(tracks),
    get mediaDevices() {
      return globalThis.navigator?.mediaDevices;
    },
    get secure() {
      return globalThis.isSecureContext !== false;
    },
    now: () => performance.now(),
    random: () => Math.random(),
    setTimer: (callback, milliseconds) => setTimeout(callback, milliseconds),
    clearTimer: (timer) => clearTimeout(timer as number),
    onNetworkChange: (callback) => {
      const target = globalThis.window;
      if (!target) return () => {};
      target.addEventListener('online', callback);
      return () => target.removeEventListener('online', callback);
    },
  };
}
