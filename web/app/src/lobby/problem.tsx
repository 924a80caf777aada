// What went wrong and what helps.

import type { ParleyError } from '@parley/client';
import type { ComponentChildren } from 'preact';
import { moderatorsWords } from '../call/ending.js';
import { strings } from '../strings.js';
import { WarningIcon } from '../ui/icons.js';
import { guestText } from './guest-text.js';
import { browserName, failureOf, helpFor } from './media-help.js';
import type { Preview } from './use-preview.js';

export function Problem({ error, children }: { error: ParleyError; children?: ComponentChildren }) {
  const { message, remedy } = guestText(error);
  const words = moderatorsWords(error);
  return (
    <div class="problem" role="alert" data-code={error.code}>
      <WarningIcon size={20} />
      <div>
        <strong>{message}</strong>
        {words && (
          <figure class="words">
            <figcaption>{strings.moderatorWrote}</figcaption>
            <blockquote dir="auto">{words}</blockquote>
          </figure>
        )}
        <p>{remedy}</p>
        {children}
      </div>
    </div>
  );
}

export function MediaProblem({ preview }: { preview: Preview }) {
  const failure = preview.capture && failureOf(preview.capture);
  if (!failure) return null;
  const browser = browserName(navigator.userAgent, navigator.maxTouchPoints);
  const secure = window.location.href.replace(/^http:/, 'https:');
  const help = helpFor(failure.error, failure.lacking, browser, secure);
  const still = {
    camera: strings.soundOnly,
    microphone: strings.pictureOnly,
    both: strings.watchOnly,
  };
  return (
    <div class="problem" role="alert" data-code={help.code} data-cause={help.cause}>
      <WarningIcon size={20} />
      <div>
        <strong>{help.title}</strong>
        {help.steps.length === 1 ? (
          <p>{help.steps[0]}</p>
        ) : (
          <ol>
            {help.steps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        )}
        <p>{still[failure.lacking]}</p>
        {help.retry && (
          <button type="button" class="quiet" onClick={preview.retry}>
            {strings.tryAgain}
          </button>
        )}
      </div>
    </div>
  );
}
