// What travels in a data message: text as it is, JSON as text, binary as octets. The other side
// tells JSON from text by looking: a text that begins like an object or an array and parses is one.
// A text that would be mistaken is wrapped, so that both come out as they went in; everything else
// is what a plain RTCDataChannel peer sends and understands.

import { kSdkKey } from './chat.js';

export type DataValue = string | object | ArrayBuffer | ArrayBufferView<ArrayBuffer>;

export type EncodedData = { text: string } | { octets: ArrayBuffer | ArrayBufferView<ArrayBuffer> };

export type DecodedData =
  | { kind: 'text'; value: string }
  | { kind: 'json'; value: unknown }
  | { kind: 'binary'; value: ArrayBuffer };

export function encodeData(value: DataValue): EncodedData {
  if (value instanceof ArrayBuffer) return { octets: value };
  if (ArrayBuffer.isView(value)) return { octets: value as ArrayBufferView<ArrayBuffer> };
  if (typeof value === 'string') {
    return { text: parseJson(value) === undefined ? value : wrap({ text: value }) };
  }
  const mistaken = unwrap(value) !== undefined;
  return { text: mistaken ? wrap({ json: value }) : JSON.stringify(value) };
}

export function decodeData(data: string | ArrayBuffer): DecodedData {
  if (typeof data !== 'string') return { kind: 'binary', value: data };
  const value = parseJson(data);
  if (value === undefined) return { kind: 'text', value: data };
  return unwrap(value) ?? { kind: 'json', value };
}

/** Octets on the wire. */
export function sizeOf(data: EncodedData): number {
  return 'text' in data ? utf8Length(data.text) : data.octets.byteLength;
}

const wrap = (inner: { text: string } | { json: unknown }) => JSON.stringify({ [kSdkKey]: inner });

function unwrap(value: unknown): DecodedData | undefined {
  if (!isObject(value) || Object.keys(value).length !== 1) return undefined;
  const inner = value[kSdkKey];
  if (!isObject(inner) || Object.keys(inner).length !== 1) return undefined;
  if (typeof inner.text === 'string') return { kind: 'text', value: inner.text };
  return 'json' in inner ? { kind: 'json', value: inner.json } : undefined;
}

function parseJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function utf8Length(text: string): number {
  let octets = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7ff) octets += 2;
    else if (unit > 0x7f) octets += 1;
    // A surrogate pair has four octets for two units, not six.
    if (unit >= 0xd800 && unit <= 0xdbff && i + 1 < text.length) {
      octets -= 2;
    }
  }
  return octets;
}

export function toBase64(octets: ArrayBuffer | ArrayBufferView<ArrayBuffer>): string {
  const bytes = ArrayBuffer.isView(octets)
    ? new Uint8Array(octets.buffer, octets.byteOffset, octets.byteLength)
    : new Uint8Array(octets);
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Null for what is not Base64. */
export function fromBase64(text: string): ArrayBuffer | null {
  try {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
  } catch {
    return null;
  }
}
