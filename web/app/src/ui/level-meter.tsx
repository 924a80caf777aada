// A thin bar that moves with the microphone: proof that it hears something.

import { useEffect, useRef } from 'preact/hooks';

// -60 dB is a quiet room, 0 dB the loudest that fits.
const kFloorDecibels = -60;

export function LevelMeter({ track }: { track: MediaStreamTrack | null }) {
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!track || typeof AudioContext === 'undefined') return;
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 1024;
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    let shown = 0;
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, s) => sum + s * s, 0) / samples.length;
      const decibels = 10 * Math.log10(power + 1e-12);
      const level = Math.min(1, Math.max(0, 1 - decibels / kFloorDecibels));
      shown = Math.max(level, shown * 0.8);
      bar.current?.style.setProperty('--level', shown.toFixed(3));
    }, 66);
    return () => {
      clearInterval(timer);
      void context.close();
      bar.current?.style.setProperty('--level', '0');
    };
  }, [track]);
  return <div class="level" ref={bar} aria-hidden="true" />;
}
