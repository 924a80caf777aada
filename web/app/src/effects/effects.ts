// What is done to the person's own camera and microphone before anybody sees or hears them. The
// processors are fetched when something is first wanted. Devices are opened through platform(), so
// that the lobby and the call, and whatever is opened anew in it, get the same.

import { browserPlatform, type Platform } from '@parley/client';
import type { MediaProcessor, ProcessingOptions } from '@parley/client/processing';
import { backgroundPicture } from './background-picture.js';

export const kBackgrounds = ['none', 'blur', 'image'] as const;
export type BackgroundChoice = (typeof kBackgrounds)[number];

export interface EffectChoice {
  background: BackgroundChoice;
  noiseSuppression: boolean;
}

/** Pixels of radius: nobody reads a letter behind it, and it is still quick. */
const kBlur = 12;

/** Only what the person chose: no gate and no compressor beside it. */
const kNoiseOnly = { highPass: true, compressor: false, noiseGate: false } as const;

export type LoadProcessor = (options: ProcessingOptions) => Promise<MediaProcessor>;

const load: LoadProcessor = async (options) => {
  const { MediaProcessor } = await import('@parley/client/processing');
  return new MediaProcessor(options);
};

export class Effects {
  /** Told when something that was chosen cannot be had; camera and microphone go on without. */
  onFailed: (kind: 'audio' | 'video', reason: string) => void = () => {};
  private processor_: Promise<MediaProcessor> | null = null;
  private choice_: EffectChoice;

  constructor(
    choice: EffectChoice,
    private readonly load_: LoadProcessor = load,
  ) {
    this.choice_ = { ...choice };
  }

  get choice(): Readonly<EffectChoice> {
    return this.choice_;
  }

  /**
   * Changes what is done. Returns which devices must be opened anew for it to hold: those whose
   * tracks do not, or need not any more, go through a processor.
   */
  async choose(choice: Partial<EffectChoice>): Promise<('audio' | 'video')[]> {
    const before = this.choice_;
    const after = { ...before, ...choice };
    this.choice_ = after;
    const anew: ('audio' | 'video')[] = [];
    if (before.noiseSuppression !== after.noiseSuppression) anew.push('audio');
    if ((before.background === 'none') !== (after.background === 'none')) anew.push('video');
    else if (before.background !== after.background) await this.update_();
    return anew;
  }

  /** The browser, with camera and microphone as chosen. */
  platform(base: Platform = browserPlatform()): Platform {
    const { mediaDevices } = base;
    if (!mediaDevices) return base;
    const processed = new Proxy(mediaDevices, {
      get: (target, key) => {
        if (key === 'getUserMedia') {
          return async (constraints: MediaStreamConstraints) =>
            base.createStream(await this.process_(await target.getUserMedia(constraints)));
        }
        const value: unknown = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    return { ...base, mediaDevices: processed };
  }

  private async update_(): Promise<void> {
    if (!this.processor_) return;
    try {
      await (await this.processor_).update(await optionsFor(this.choice_));
    } catch (thrown) {
      this.onFailed('video', reasonOf(thrown));
    }
  }

  private process_(stream: MediaStream): Promise<MediaStreamTrack[]> {
    const { background, noiseSuppression } = this.choice_;
    return Promise.all(
      stream.getTracks().map((track) => {
        if (track.kind === 'video' && background !== 'none') return this.through_('video', track);
        if (track.kind === 'audio' && noiseSuppression) return this.through_('audio', track);
        return track;
      }),
    );
  }

  // A call without the effect is better than no call.
  private async through_(
    kind: 'audio' | 'video',
    track: MediaStreamTrack,
  ): Promise<MediaStreamTrack> {
    try {
      const processor = await this.open_();
      return await (kind === 'audio'
        ? processor.processAudio(track)
        : processor.processVideo(track));
    } catch (thrown) {
      this.onFailed(kind, reasonOf(thrown));
      return track;
    }
  }

  private async open_(): Promise<MediaProcessor> {
    if (this.processor_) {
      const processor = await this.processor_;
      await processor.update(await optionsFor(this.choice_));
      return processor;
    }
    const opening = optionsFor(this.choice_).then(this.load_);
    this.processor_ = opening;
    try {
      const processor = await opening;
      processor.on('failed', ({ kind, reason }) => this.onFailed(kind, reason));
      return processor;
    } catch (thrown) {
      this.processor_ = null; // the next device tries again
      throw thrown;
    }
  }
}

async function optionsFor(choice: EffectChoice): Promise<ProcessingOptions> {
  return {
    audio: { ...kNoiseOnly, noiseSuppression: choice.noiseSuppression },
    video: { background: await backgroundOf(choice.background) },
  };
}

async function backgroundOf(choice: BackgroundChoice) {
  if (choice === 'blur') return { blur: kBlur };
  if (choice === 'image') return { image: await backgroundPicture() };
  return null;
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
