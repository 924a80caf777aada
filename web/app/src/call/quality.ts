// Why a connection is judged as it is, in plain words: only what is amiss is named.

import { strings } from '../strings.js';

const text = strings.quality;

export interface QualityDetail {
  rttMs?: number;
  lossUp?: number;
  lossDown?: number;
}

/** As the server judges (docs/signaling.md): from here on a figure takes something from the mark. */
const kRoundTripMs = 50;
const kLoss = 0.005;

export function qualityReason(detail: QualityDetail | undefined): string {
  if (!detail) return '';
  const parts: string[] = [];
  const { rttMs, lossUp, lossDown } = detail;
  if (rttMs !== undefined && rttMs > kRoundTripMs) parts.push(text.roundTrip(Math.round(rttMs)));
  if (lossUp !== undefined && lossUp > kLoss) parts.push(text.lossUp(percent(lossUp)));
  if (lossDown !== undefined && lossDown > kLoss) parts.push(text.lossDown(percent(lossDown)));
  return parts.join(', ');
}

function percent(ratio: number): string {
  const value = ratio * 100;
  return value < 9.95 ? value.toFixed(1).replace(/\.0$/, '') : value.toFixed(0);
}
