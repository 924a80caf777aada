// What runs in the pages of processing tests: sources of sound and pictures, and instruments that
// measure what came out. Sent as source: it uses nothing from outside. `window.lab` holds it.

export async function openLab() {
  const { MediaProcessor } = await import('/processing/index.js');
  const lab = { MediaProcessor, failures: [], steps: [] };
  window.lab = lab;

  lab.processor = (options = {}) => {
    const processor = new MediaProcessor(options);
    processor.on('failed', ({ reason }) => lab.failures.push(reason));
    processor.on('stepped', (step) => lab.steps.push(step));
    return processor;
  };
  lab.sleep = (ms) => new Promise((done) => setTimeout(done, ms));

  // ---- pictures ------------------------------------------------------------------------------

  /** A person before a wall of small bright and dark fields. */
  lab.paint = (context, width, height) => {
    const field = Math.round(height / 30);
    for (let y = 0; y < height; y += field) {
      for (let x = 0; x < width; x += field) {
        const value = (x / field + y / field) % 2 ? 190 : 60;
        context.fillStyle = `rgb(${value - 20} ${value} ${value - 10})`;
        context.fillRect(x, y, field, field);
      }
    }
    const unit = height / 100;
    const at = (x, y) => [width / 2 + x * unit, y * unit];
    const oval = (x, y, rx, ry, fill) => {
      context.fillStyle = fill;
      context.beginPath();
      context.ellipse(...at(x, y), rx * unit, ry * unit, 0, 0, 2 * Math.PI);
      context.fill();
    };
    const shade = (x, y, r, light, dark) => {
      const gradient = context.createRadialGradient(...at(x - 3, y - 4), 1, ...at(x, y), r * unit);
      gradient.addColorStop(0, light);
      gradient.addColorStop(1, dark);
      return gradient;
    };
    oval(0, 36, 17, 22, '#2a1c14'); // hair
    oval(0, 104, 42, 38, shade(0, 90, 45, '#34507e', '#1b2b49')); // shoulders
    context.fillStyle = '#b98768';
    context.fillRect(...at(-6, 52), 12 * unit, 18 * unit); // neck
    oval(0, 40, 14, 19, shade(0, 38, 22, '#e6b795', '#b07a58')); // face
    for (const side of [-1, 1]) {
      oval(side * 5.5, 37, 2.6, 1.4, '#f4efe9');
      oval(side * 5.5, 37, 1.2, 1.3, '#23170f');
      oval(side * 5.5, 33, 3.4, 0.8, '#2a1c14');
    }
    oval(0, 44, 1.7, 3, '#c08a68');
    oval(0, 51, 4.4, 1.3, '#9c4a45');
  };

  lab.camera = (width = 640, height = 360, rate = 20) => {
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d');
    lab.paint(context, width, height);
    const track = canvas.captureStream(rate).getVideoTracks()[0];
    // A canvas that is drawn on gives pictures.
    let count = 0;
    setInterval(() => {
      count += 1;
      context.fillStyle = count % 2 ? '#345' : '#356';
      context.fillRect(width / 2 - 2, height - 3, 2, 2);
    }, 1000 / rate);
    return track;
  };

  lab.show = async (track) => {
    const video = document.createElement('video');
    video.muted = true;
    video.srcObject = new MediaStream([track]);
    document.body.append(video);
    await video.play();
    return video;
  };

  /** Mean and variance of brightness in parts of the picture, and what of the face is there. */
  lab.look = (video) => {
    const canvas = document.createElement('canvas');
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.drawImage(video, 0, 0);
    const { width, height } = canvas;
    const part = (x, y, w, h) => {
      const { data } = context.getImageData(
        Math.round(x * width),
        Math.round(y * height),
        Math.round(w * width),
        Math.round(h * height),
      );
      const rgb = [0, 0, 0];
      let sum = 0;
      let squares = 0;
      for (let i = 0; i < data.length; i += 4) {
        for (let c = 0; c < 3; c += 1) rgb[c] += data[i + c];
        const value = (data[i] + data[i + 1] + data[i + 2]) / 3;
        sum += value;
        squares += value * value;
      }
      const n = data.length / 4;
      const mean = sum / n;
      return { mean, variance: squares / n - mean * mean, rgb: rgb.map((c) => c / n) };
    };
    return {
      width,
      height,
      whole: part(0, 0, 1, 1),
      left: part(0.02, 0.05, 0.2, 0.4),
      right: part(0.78, 0.05, 0.2, 0.4),
      corners: [part(0, 0, 0.05, 0.08), part(0.95, 0, 0.05, 0.08)],
      face: part(0.45, 0.28, 0.1, 0.26),
    };
  };

  // ---- sound ---------------------------------------------------------------------------------

  const recorder = `registerProcessor('recorder', class extends AudioWorkletProcessor {
    process([left, right]) {
      const silence = new Float32Array(128);
      this.port.postMessage([left[0] ?? silence, right[0] ?? silence].map((c) => c.slice()));
      return true;
    }
  });`;

  lab.context = async () => {
    if (lab.audio) return lab.audio;
    const context = new AudioContext({ sampleRate: 48_000 });
    await context.audioWorklet.addModule(
      URL.createObjectURL(new Blob([recorder], { type: 'text/javascript' })),
    );
    await context.resume();
    lab.audio = context;
    return context;
  };

  /** A microphone that hears the node which `make` gives. */
  lab.microphone = async (make) => {
    const context = await lab.context();
    const destination = context.createMediaStreamDestination();
    destination.channelCount = 1;
    make(context).connect(destination);
    return destination.stream.getAudioTracks()[0];
  };

  lab.tone = (frequency, decibels) => (context) => {
    const oscillator = context.createOscillator();
    oscillator.frequency.value = frequency;
    const gain = context.createGain();
    // Decibels of the root mean square: a sine has 3 less than its peak.
    gain.gain.value = 10 ** (decibels / 20) * Math.SQRT2;
    lab.level = (db) => {
      gain.gain.value = 10 ** (db / 20) * Math.SQRT2;
    };
    oscillator.connect(gain);
    oscillator.start();
    return gain;
  };

  /** Records two tracks at once: what one hears beside the other. */
  lab.record = async (first, second, seconds) => {
    const context = await lab.context();
    const node = new AudioWorkletNode(context, 'recorder', { numberOfInputs: 2 });
    const sources = [first, second].map((t) =>
      context.createMediaStreamSource(new MediaStream([t])),
    );
    sources.forEach((source, index) => {
      source.connect(node, 0, index);
    });
    const chunks = [[], []];
    const wanted = Math.round((seconds * context.sampleRate) / 128);
    await new Promise((done) => {
      node.port.onmessage = ({ data }) => {
        data.forEach((samples, index) => {
          chunks[index].push(samples);
        });
        if (chunks[0].length === wanted) done();
      };
      node.connect(context.destination);
    });
    node.disconnect();
    for (const source of sources) source.disconnect();
    return chunks.map((list) => {
      const whole = new Float32Array(list.length * 128);
      list.forEach((samples, index) => {
        whole.set(samples, index * 128);
      });
      return whole;
    });
  };

  lab.decibels = (samples, from = 0, to = samples.length) => {
    let squares = 0;
    for (let i = from; i < to; i += 1) squares += samples[i] * samples[i];
    return 10 * Math.log10(squares / (to - from) + 1e-20);
  };

  /**
   * Samples through the chain and beside it, rendered without a device: exact to the sample, and no
   * buffer of the browser's counts. `change`: of the settings that hold when nothing is said.
   */
  lab.render = async (samples, change = {}) => {
    const { AudioGraph } = await import('/processing/audio-graph.js');
    const { kDefaultAudio } = await import('/processing/options.js');
    const context = new OfflineAudioContext(2, samples.length, 48_000);
    const buffer = context.createBuffer(1, samples.length, 48_000);
    buffer.copyToChannel(samples, 0);
    const source = context.createBufferSource();
    source.buffer = buffer;
    const merger = context.createChannelMerger(2);
    merger.connect(context.destination);
    source.connect(merger, 0, 0);
    const destination = context.createGain();
    destination.channelCount = 1;
    destination.channelCountMode = 'explicit';
    destination.connect(merger, 0, 1);
    const said = [];
    const events = { report: (stats) => said.push(stats), failed: (r) => lab.failures.push(r) };
    const input = context.createGain();
    source.connect(input);
    const assets = new URL('/media/', location.href);
    const graph = await AudioGraph.create(context, { source: input, destination }, assets, events);
    await graph.configure({ ...kDefaultAudio, ...change });
    await lab.sleep(300); // what the worklet is told arrives
    source.start();
    const heard = await context.startRendering();
    await lab.sleep(100);
    return { before: heard.getChannelData(0), after: heard.getChannelData(1), said: said.at(-1) };
  };

  /** By how many samples the second runs behind the first. */
  lab.lag = (first, second, most = 4800) => {
    const length = Math.min(first.length, second.length) - most;
    let best = -1;
    let at = 0;
    for (let shift = 0; shift < most; shift += 1) {
      let sum = 0;
      for (let i = 0; i < length; i += 1) sum += first[i] * second[i + shift];
      if (Math.abs(sum) > best) {
        best = Math.abs(sum);
        at = shift;
      }
    }
    return at;
  };
}
