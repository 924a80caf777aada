// What the processed sound is, by measuring it: tones, noise, and speech made by espeak-ng.

import { openLabPage, speak } from '../lib/lab-page.mjs';
import { check, waitFor } from '../lib/wait.mjs';

/** No sound may be older by more than this when it leaves. */
const kMaxDelayMs = 30;

const kOff = { highPass: false, compressor: false, noiseGate: false, noiseSuppression: false };

/** A microphone that hears a tone, and what the processor makes of it. */
async function hearTone(page, audio, frequency, decibels) {
  await page.evaluate(
    async ([options, hertz, level]) => {
      const { lab } = window;
      window.processor = lab.processor({ audio: options });
      window.heard = [];
      window.processor.on('audio', (stats) => window.heard.push(stats));
      window.microphone = await lab.microphone(lab.tone(hertz, level));
      window.cleaned = await window.processor.processAudio(window.microphone);
      await lab.sleep(400);
    },
    [audio, frequency, decibels],
  );
}

/**
 * Decibels before and after, of a stretch of the present: the middle one of three, since a browser
 * that is late leaves a hole in one.
 */
function levels(page, seconds = 0.25) {
  return page.evaluate(async (time) => {
    const { lab, microphone, cleaned } = window;
    const stretches = [];
    for (let i = 0; i < 3; i += 1) {
      const [before, after] = await lab.record(microphone, cleaned, time);
      stretches.push({ before: lab.decibels(before), after: lab.decibels(after) });
    }
    return stretches.sort((a, b) => a.after - a.before - (b.after - b.before))[1];
  }, seconds);
}

async function setLevel(page, decibels, settleMs) {
  await page.evaluate(
    ([level, ms]) => {
      window.lab.level(level);
      return window.lab.sleep(ms);
    },
    [decibels, settleMs],
  );
}

function within(value, low, high, what) {
  check(value >= low && value <= high, `${what} from ${low} to ${high} dB, got ${value}`);
}

async function seeTones(page) {
  await hearTone(page, { ...kOff, highPass: true }, 1000, -20);
  const high = await levels(page);
  within(high.before, -21, -19, 'the tone itself');
  within(high.after - high.before, -0.5, 0.5, 'a high tone through the high-pass');
  await page.evaluate(() => window.processor.update({ audio: { gain: 2 } }));
  await page.evaluate(() => window.lab.sleep(300));
  const louder = await levels(page);
  within(louder.after - louder.before, 5.5, 6.5, 'a gain of two');
  await page.evaluate(() => window.processor.close());

  await hearTone(page, { ...kOff, highPass: true }, 40, -20);
  const rumble = await levels(page);
  within(rumble.after - rumble.before, -40, -12, 'rumble through the high-pass');
  await page.evaluate(() => window.processor.close());

  await hearTone(page, { ...kOff, compressor: true }, 440, -10);
  await setLevel(page, -10, 600);
  const loud = await levels(page);
  await setLevel(page, -40, 1000);
  const quiet = await levels(page);
  const range = loud.after - quiet.after;
  check(range < 20, `30 dB of difference to become less than 20, got ${range}`);
  check(range > 0, `what is louder to stay louder, got ${range}`);
  await page.evaluate(() => window.processor.close());
}

async function seeGate(page) {
  const gate = { threshold: -50, hysteresis: 6, holdMs: 500, releaseMs: 50 };
  await hearTone(page, { ...kOff, noiseGate: gate }, 440, -53);
  const open = async () => {
    const { before, after } = await levels(page, 0.2);
    if (Math.abs(after - before) < 0.7) return true;
    check(after < before - 30, `the gate open or shut, got ${before} and ${after}`);
    return false;
  };
  check(!(await open()), 'a tone of -53 dB not to open the gate');
  await setLevel(page, -48.5, 200);
  check(await open(), 'a tone of -48.5 dB to open it');
  await setLevel(page, -53, 1000);
  check(await open(), 'a tone of -53 dB to keep it open');
  await setLevel(page, -58, 100);
  check(await open(), 'a short pause not to shut it');
  await setLevel(page, -58, 700);
  check(!(await open()), 'a long pause to shut it');
  const said = await page.evaluate(() => window.heard.at(-1));
  within(said.levelDb, -59, -57, 'the level that the gate reports');
  check(said.gateOpen === false, 'the gate to be reported as shut');
  await page.evaluate(() => window.processor.close());
}

async function measureDelay(t, page, name, noiseSuppression) {
  const seen = await page.evaluate(async (suppress) => {
    const { lab } = window;
    const samples = new Float32Array(4 * 48_000);
    // Bursts of tones like a voice's.
    for (let i = 0; i < samples.length; i += 1) {
      const pitch = 150 + 60 * Math.sin(i / 9000);
      let value = 0;
      for (let k = 1; k < 12; k += 1) value += Math.sin((2 * Math.PI * pitch * k * i) / 48_000) / k;
      samples[i] = i % 16_000 < 9000 ? value * 0.1 : 0;
    }
    const { before, after, said } = await lab.render(samples, { noiseSuppression: suppress });
    const part = (whole) => whole.slice(96_000, 144_000);
    return {
      delayMs: (lab.lag(part(before), part(after)) / 48_000) * 1000,
      level: lab.decibels(part(after)),
      said,
      failed: lab.failures,
    };
  }, noiseSuppression);
  check(seen.failed.length === 0, `no failure, got ${seen.failed}`);
  check(seen.said.suppressing === noiseSuppression, 'what was asked for to run');
  check(seen.level > -40, `sound to come out, got ${seen.level} dB`);
  t.measure(`delay of ${name}`, Number(seen.delayMs.toFixed(1)), 'ms');
  check(seen.delayMs <= kMaxDelayMs, `at most ${kMaxDelayMs} ms of delay, got ${seen.delayMs}`);
  check(Math.abs(seen.said.delayMs - seen.delayMs) < 2, `the told delay, got ${seen.said.delayMs}`);
}

async function seeSuppression(t, browser) {
  const speech = speak(
    'The quick brown fox jumps over the lazy dog. Pack my box with five dozen jugs.',
  );
  const page = await openLabPage(t, browser, { '/speech.wav': speech });
  const heard = await page.evaluate(async (off) => {
    const { lab } = window;
    const processor = lab.processor({ audio: { ...off, noiseSuppression: true } });
    const context = await lab.context();
    const words = await context.decodeAudioData(await (await fetch('/speech.wav')).arrayBuffer());
    const start = (buffer, level) => {
      const source = context.createBufferSource();
      source.buffer = buffer;
      const gain = context.createGain();
      gain.gain.value = level;
      source.connect(gain);
      return [source, gain];
    };
    const hiss = context.createBuffer(1, 2 * context.sampleRate, context.sampleRate);
    const samples = hiss.getChannelData(0);
    // The deep noise of a room: fans and traffic.
    let last = 0;
    for (let i = 0; i < samples.length; i += 1) {
      last += 0.1 * (Math.random() * 2 - 1 - last);
      samples[i] = last;
    }
    const [noise, noiseGain] = start(hiss, 0.1);
    noise.loop = true;
    const [voice, voiceGain] = start(words, 0.6);
    const microphone = await lab.microphone(() => {
      const both = context.createGain();
      noiseGain.connect(both);
      voiceGain.connect(both);
      return both;
    });
    const clean = await lab.microphone(() => voiceGain);
    noise.start();
    const cleaned = await processor.processAudio(microphone);
    const suppressing = new Promise((done) => {
      processor.on('audio', (stats) => stats.suppressing && done());
    });
    await Promise.race([suppressing, lab.sleep(5000)]);
    // It learns what the noise is, for a second or two.
    let noiseIn;
    let noiseOut;
    for (let tries = 0; tries < 5; tries += 1) {
      await lab.sleep(500);
      [noiseIn, noiseOut] = await lab.record(microphone, cleaned, 0.8);
      if (lab.decibels(noiseIn) - lab.decibels(noiseOut) > 20) break;
    }
    voice.start();
    await lab.sleep(100);
    const [voiceIn, voiceOut] = await lab.record(clean, cleaned, 2);
    // Piece by piece: where a busy machine loses a moment of sound, all that follows is shifted.
    const [kPiece, kMost] = [12_000, 4800];
    const pieces = [];
    for (let at = 0; at + kPiece + kMost <= voiceIn.length; at += kPiece) {
      if (lab.decibels(voiceIn, at, at + kPiece) < -40) continue;
      const lag = lab.lag(
        voiceIn.subarray(at, at + kPiece + kMost),
        voiceOut.subarray(at, at + kPiece + kMost),
        kMost,
      );
      let product = 0;
      let squaresIn = 0;
      let squaresOut = 0;
      for (let i = at; i < at + kPiece; i += 1) {
        product += voiceIn[i] * voiceOut[i + lag];
        squaresIn += voiceIn[i] ** 2;
        squaresOut += voiceOut[i + lag] ** 2;
      }
      pieces.push(product / Math.sqrt(squaresIn * squaresOut));
    }
    pieces.sort((a, b) => a - b);
    await processor.close();
    return {
      failures: lab.failures,
      noiseIn: lab.decibels(noiseIn),
      noiseOut: lab.decibels(noiseOut),
      voiceIn: lab.decibels(voiceIn),
      voiceOut: lab.decibels(voiceOut),
      pieces: pieces.length,
      likeness: pieces[Math.floor(pieces.length / 2)] ?? 0,
    };
  }, kOff);
  check(heard.failures.length === 0, `no failure, got ${heard.failures}`);
  const less = heard.noiseIn - heard.noiseOut;
  t.measure('noise taken away', Number(less.toFixed(1)), 'dB');
  t.measure('likeness of the cleaned speech to the speech', Number(heard.likeness.toFixed(3)), '');
  check(less > 15, `15 dB less noise, got ${JSON.stringify(heard)}`);
  within(heard.voiceOut - heard.voiceIn, -4, 2, 'the voice, which is kept,');
  check(heard.pieces >= 3, `two seconds with words, got ${JSON.stringify(heard)}`);
  check(heard.likeness > 0.85, `the words to be the same, got ${JSON.stringify(heard)}`);
}

async function seeAll(t, browser) {
  const page = await openLabPage(t, browser);
  await seeTones(page);
  await seeGate(page);
  const failures = await page.evaluate(() => window.lab.failures);
  check(failures.length === 0, `no failure, got ${failures}`);
}

export const cases = [
  {
    name: 'tones through high-pass, compressor, gain and gate',
    needs: ['chromium'],
    run: async (t) => seeAll(t, await t.chromium()),
  },
  {
    name: 'noise suppression leaves the words and takes the noise',
    needs: ['chromium'],
    run: async (t) => seeSuppression(t, await t.chromium()),
  },
  {
    name: 'processing delays sound by at most 30 ms',
    needs: ['chromium'],
    async run(t) {
      const page = await openLabPage(t, await t.chromium());
      await measureDelay(t, page, 'the audio chain', false);
      await measureDelay(t, page, 'the audio chain with noise suppression', true);
    },
  },
  {
    name: 'a processed track stands for its device: stopping and ending',
    needs: ['chromium'],
    async run(t) {
      const page = await openLabPage(t, await t.chromium());
      const seen = await page.evaluate(async () => {
        const { lab } = window;
        const processor = lab.processor();
        const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
        const [microphone] = stream.getAudioTracks();
        const [camera] = stream.getVideoTracks();
        const sound = await processor.processAudio(microphone);
        const picture = await processor.processVideo(camera);
        const sizes = [picture.getSettings().width, camera.getSettings().width];
        sound.stop();
        picture.stop();
        return {
          sizes,
          states: [microphone.readyState, camera.readyState],
          stats: processor.stats(),
        };
      });
      check(seen.sizes[0] === seen.sizes[1], `the camera's size, got ${seen.sizes}`);
      check(seen.states.join() === 'ended,ended', `both devices released, got ${seen.states}`);
      check(!seen.stats.video && !seen.stats.audio, 'nothing to be processed any more');
      await waitFor('no error in the page', () => {
        return !page.console.some((line) => /uncaught|processing/.test(line));
      });
    },
  },
];
