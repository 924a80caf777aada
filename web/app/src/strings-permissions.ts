// What to do when camera or microphone cannot be had, in the words of each browser.

export type BrowserName =
  | 'chrome'
  | 'edge'
  | 'firefox'
  | 'safari'
  | 'chrome-android'
  | 'firefox-android'
  | 'ios';

type Steps = readonly string[];

export const permissions = {
  denied: {
    title: (what: string) => `The browser blocks your ${what} on this page.`,
    steps: {
      chrome: [
        'Click the icon to the left of the address.',
        'Switch on camera and microphone.',
        'Come back here and choose “Try again”.',
      ],
      edge: [
        'Click the lock to the left of the address, then “Permissions for this site”.',
        'Allow camera and microphone.',
        'Come back here and choose “Try again”.',
      ],
      firefox: [
        'Click the crossed-out camera or microphone to the left of the address.',
        'Remove “Blocked” with the cross beside it.',
        'Choose “Try again”, then “Allow”.',
      ],
      safari: [
        'Open the menu “Safari”, then “Settings for this website”.',
        'Set camera and microphone to “Allow”.',
        'Choose “Try again”.',
      ],
      'chrome-android': [
        'Tap the icon to the left of the address, then “Permissions”.',
        'Allow camera and microphone.',
        'Tap “Try again”.',
      ],
      'firefox-android': [
        'Tap the lock to the left of the address.',
        'Tap camera and microphone until they say “Allowed”.',
        'Tap “Try again”.',
      ],
      ios: [
        'Tap the icon beside the address, then “Website settings”.',
        'Set camera and microphone to “Allow”.',
        'Tap “Try again”.',
      ],
    } satisfies Record<BrowserName, Steps>,
  },
  dismissed: {
    title: (what: string) => `The question about your ${what} was closed without an answer.`,
    steps: ['Choose “Try again”, then “Allow” in the browser’s question.'],
  },
  system: {
    title: (what: string) => `Your system does not give this browser the ${what}.`,
    steps: [
      'Open your system’s privacy settings.',
      'Allow this browser to use camera and microphone.',
      'Restart the browser and come back.',
    ],
  },
  missing: {
    title: (what: string) => `No ${what} was found.`,
    steps: ['Plug one in, or switch it on.', 'Choose “Try again”.'],
  },
  busy: {
    title: (what: string) => `Your ${what} could not be started: something else may be using it.`,
    steps: ['Close other programs and tabs that use it.', 'Choose “Try again”.'],
  },
  unmet: {
    title: (what: string) => `The chosen ${what} is not there any more.`,
    steps: ['Choose another device in the menu.'],
  },
  insecure: {
    title: 'Browsers give camera and microphone only to secure pages.',
    steps: (secure: string) => [
      `Open ${secure} instead, or ask whoever runs this server for https.`,
    ],
  },
  unsupported: {
    title: 'This browser cannot use a camera or microphone here.',
    steps: ['Open this page in a current Chrome, Edge, Firefox or Safari.'],
  },
  other: {
    title: (what: string) => `Your ${what} could not be opened.`,
    steps: ['Choose “Try again”.', 'If that does not help, reload the page.'],
  },
  both: 'camera and microphone',
  camera: 'camera',
  microphone: 'microphone',
} as const;
