// What the SDK needs from the browser, gathered in one place so that tests can hand in fakes.

import { browserPage, type Page } from './page.js';

export interface SocketLike {
  readonly readyState: number;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

/** Why a server refused the request that would have become a socket. */
export interface Refusal {
  status: number;
  code: string;
  message: string;
  remedy: string;
}

export interface Platform {
  createSocket(url: string): SocketLike;
  /**
   * Browsers do not tell why a socket was refused; the server does when asked plainly. Null when
   * it cannot be reached or does not refuse.
   */
  explainRefusal(socketUrl: string): Promise<Refusal | null>;
  createPeerConnection(configuration: RTCConfiguration): RTCPeerConnection;
  createStream(tracks: MediaStreamTrack[]): MediaStream;
  /** The codecs that this browser can use, in its own order; empty where it does not tell. */
  codecCapabilities(kind: 'audio' | 'video'): RTCRtpCodec[];
  readonly mediaDevices: MediaDevices | undefined;
  readonly secure: boolean;
  /** Monotonic milliseconds. */
  now(): number;
  /** Milliseconds since 1970. */
  clock(): number;
  /** 0 up to, not including, 1. */
  random(): number;
  setTimer(callback: () => void, milliseconds: number): unknown;
  clearTimer(timer: unknown): void;
  /** Calls back when the network came back or changed; returns the function that stops it. */
  onNetworkChange(callback: () => void): () => void;
  /** How large an element is shown, in pixels of the screen: now, and whenever it changes. */
  onResize(element: Element, callback: (size: ViewSize) => void): () => void;
  readonly page: Page;
}

export interface ViewSize {
  width: number;
  height: number;
}

export function browserPlatform(): Platform {
  return {
    createSocket: (url) => new WebSocket(url) as unknown as SocketLike,
    explainRefusal,
    createPeerConnection: (configuration) => new RTCPeerConnection(configuration),
    createStream: (tracks) => new MediaStream(tracks),
    codecCapabilities: (kind) => globalThis.RTCRtpReceiver?.getCapabilities?.(kind)?.codecs ?? [],
    get mediaDevices() {
      return globalThis.navigator?.mediaDevices;
    },
    get secure() {
      return globalThis.isSecureContext !== false;
    },
    now: () => performance.now(),
    clock: () => Date.now(),
    random: () => Math.random(),
    setTimer: (callback, milliseconds) => setTimeout(callback, milliseconds),
    clearTimer: (timer) => clearTimeout(timer as number),
    onNetworkChange: (callback) => {
      const target = globalThis.window;
      if (!target) return () => {};
      target.addEventListener('online', callback);
      // From Wi-Fi to cellular: told by Chromium on phones alone.
      const connection = (target.navigator as { connection?: EventTarget }).connection;
      connection?.addEventListener?.('change', callback);
      return () => {
        target.removeEventListener('online', callback);
        connection?.removeEventListener?.('change', callback);
      };
    },
    onResize: (element, callback) => {
      if (typeof ResizeObserver === 'undefined') return () => {};
      const observer = new ResizeObserver((entries) => {
        const box = entries.at(-1)?.contentRect;
        if (!box) return;
        const scale = Math.min(globalThis.devicePixelRatio || 1, kMaxPixelRatio);
        callback({ width: Math.round(box.width * scale), height: Math.round(box.height * scale) });
      });
      observer.observe(element);
      return () => observer.disconnect();
    },
    page: browserPage(),
  };
}

// Phones have three pixels and more where people see hardly one: twice is sharp.
const kMaxPixelRatio = 2;

const kExplainMs = 3000;

async function explainRefusal(socketUrl: string): Promise<Refusal | null> {
  try {
    const response = await fetch(socketUrl.replace(/^ws/, 'http'), {
      signal: AbortSignal.timeout(kExplainMs),
    });
    const body: unknown = await response.json();
    // 426 asks for a socket: nothing else is wrong.
    if (response.ok || response.status === 426 || !isRefusal(body)) return null;
    return { status: response.status, ...body.error };
  } catch {
    return null;
  }
}

function isRefusal(body: unknown): body is { error: Omit<Refusal, 'status'> } {
  if (typeof body !== 'object' || body === null || !('error' in body)) return false;
  const { code, message, remedy } = (body.error ?? {}) as Record<string, unknown>;
  return [code, message, remedy].every((text) => typeof text === 'string');
}
