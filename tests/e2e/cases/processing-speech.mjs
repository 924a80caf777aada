// Speech made by espeak-ng through the audio chain: the gate must be silent between sentences, and
// cut nothing of the words. Rendered exactly, so that every hundredth of a second is compared.

import { openLabPage, speak } from '../lib/lab-page.mjs';
import { check } from '../lib/wait.mjs';

/** Beginnings that are hard for a gate: soft ones. */
const kSentences = [
  'She sells sea shells by the shore.',
  'Have you heard of him, who half fell off?',
  'Five thin fish swim in shallow water.',
];

/** Decibels of the root mean square: how people mostly speak into a microphone. */
const kSpeechDb = -26;
/** A quiet room. */
const kNoiseDb = -62;

const kGate = { hysteresis: 6, attackMs: 3, lookAheadMs: 3 };

export const cases = [
  {
    name: 'the noise gate cuts no words of speech, and is shut between sentences',
    needs: ['chromium'],
    async run(t) {
      const page = await openSpeech(t);
      const gate = await page.evaluate(compare, { highPass: null, compressor: null });
      check(gate.failures.length === 0, `no failure, got ${gate.failures}`);
      const kept = 100 * gate.kept;
      t.measure('of the energy of words, the gate lets through', Number(kept.toFixed(2)), '%');
      t.measure('loudest hundredth of a second that it cuts', round(gate.loudestCutDb), 'dB');
      t.measure('longest piece that it cuts from a word', gate.longestCutMs, 'ms');
      t.measure('between sentences it is quieter by', round(gate.pausesDb), 'dB');
      const seen = JSON.stringify(gate);
      check(gate.words > 300, `three sentences of speech, got ${seen}`);
      check(gate.kept > 0.999, `the words to be let through, got ${seen}`);
      // Below the gate's threshold nobody hears a difference.
      check(gate.loudestCutDb < -45, `only what is hardly heard to be cut, got ${seen}`);
      check(gate.longestCutMs <= 60, `no syllable to be cut, got ${seen}`);
      check(gate.pausesDb > 20, `the pauses to be silent, got ${seen}`);

      // And the instrument tells when words are cut.
      const harsh = { ...kGate, threshold: -32, holdMs: 0, releaseMs: 5 };
      const chopped = await page.evaluate(compare, {
        highPass: null,
        compressor: null,
        noiseGate: harsh,
      });
      check(
        chopped.longestCutMs > 60,
        `a harsh gate to be noticed, got ${JSON.stringify(chopped)}`,
      );
    },
  },
  {
    name: 'speech through the whole audio chain stays the same speech, even louder where it is soft',
    needs: ['chromium'],
    async run(t) {
      const page = await openSpeech(t);
      const chain = await page.evaluate(compare, {});
      check(chain.failures.length === 0, `no failure, got ${chain.failures}`);
      t.measure('likeness of speech behind the audio chain', round(chain.likeness, 3), '');
      t.measure('spread of its loudness before', round(chain.spreadBefore), 'dB');
      t.measure('spread of its loudness behind', round(chain.spreadAfter), 'dB');
      const seen = JSON.stringify(chain);
      check(chain.likeness > 0.85, `the same speech, got ${seen}`);
      check(chain.spreadAfter < chain.spreadBefore - 3, `an even loudness, got ${seen}`);
    },
  },
];

function round(value, digits = 1) {
  return Number(value.toFixed(digits));
}

/** A page with the sentences, each followed by a pause of two seconds, as `window.speech`. */
async function openSpeech(t) {
  const files = Object.fromEntries(kSentences.map((s, i) => [`/${i}.wav`, speak(s)]));
  const page = await openLabPage(t, await t.chromium(), files);
  await page.evaluate(
    async ([count, speechDb, noiseDb]) => {
      const { lab } = window;
      const context = await lab.context();
      const pause = new Float32Array(2 * 48_000);
      const parts = [pause];
      for (let i = 0; i < count; i += 1) {
        const octets = await (await fetch(`/${i}.wav`)).arrayBuffer();
        const words = (await context.decodeAudioData(octets)).getChannelData(0);
        const factor = 10 ** ((speechDb - lab.decibels(words)) / 20);
        parts.push(
          words.map((value) => value * factor),
          pause,
        );
      }
      const clean = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
      let at = 0;
      for (const part of parts) {
        clean.set(part, at);
        at += part.length;
      }
      // White noise of this level, evenly spread.
      const peak = 10 ** (noiseDb / 20) * Math.sqrt(3);
      const noisy = clean.map((value) => value + (Math.random() * 2 - 1) * peak);
      window.speech = { clean, noisy };
    },
    [kSentences.length, kSpeechDb, kNoiseDb],
  );
  return page;
}

/** In the page: what becomes of each hundredth of a second, compared at the chain's delay. */
async function compare(change) {
  const { lab, speech } = window;
  const kFrame = 480;
  const { before, after, said } = await lab.render(speech.noisy, change);
  const shift = Math.round(said.delayMs * 48);
  const result = { failures: lab.failures, words: 0, longestCutMs: 0, loudestCutDb: -100 };
  const sums = { words: 0, kept: 0, pauses: 0, left: 0, product: 0, squaresOut: 0 };
  const levels = [];
  let cut = 0;
  let quiet = 0;
  for (let at = 0; at + kFrame + shift < before.length; at += kFrame) {
    const [cleanDb, inDb, outDb] = [
      lab.decibels(speech.clean, at, at + kFrame),
      lab.decibels(before, at, at + kFrame),
      lab.decibels(after, at + shift, at + shift + kFrame),
    ];
    const [energyIn, energyOut] = [10 ** (inDb / 10), 10 ** (outDb / 10)];
    quiet = cleanDb > -60 ? 0 : quiet + 1;
    if (quiet === 0) {
      result.words += 1;
      sums.words += energyIn;
      sums.kept += Math.min(energyIn, energyOut);
      cut = inDb - outDb > 3 ? cut + 1 : 0;
      if (cut > 0) result.loudestCutDb = Math.max(result.loudestCutDb, inDb);
      result.longestCutMs = Math.max(result.longestCutMs, cut * 10);
      if (cleanDb > -50) levels.push([inDb, outDb]);
      for (let i = at; i < at + kFrame; i += 1) {
        sums.product += before[i] * after[i + shift];
        sums.squaresOut += after[i + shift] ** 2 / kFrame;
      }
    } else {
      cut = 0;
      // The gate's hold and release are over.
      if (quiet > 60) {
        sums.pauses += energyIn;
        sums.left += energyOut;
      }
    }
  }
  const spread = (index) => {
    const sorted = levels.map((pair) => pair[index]).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length * 0.95)] - sorted[Math.floor(sorted.length * 0.05)];
  };
  return {
    ...result,
    kept: sums.kept / sums.words,
    pausesDb: 10 * Math.log10(sums.pauses / (sums.left + 1e-12)),
    likeness: sums.product / kFrame / Math.sqrt(sums.words * sums.squaresOut),
    spreadBefore: spread(0),
    spreadAfter: spread(1),
  };
}
