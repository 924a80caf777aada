// The app's icons: strokes on a 24-unit square that take the colour of the text around them.

import type { ComponentChildren } from 'preact';

function icon(children: ComponentChildren) {
  return function Icon({ size = 22 }: { size?: number }) {
    return (
      <svg
        aria-hidden="true"
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        stroke-width="1.8"
        stroke-linecap="round"
        stroke-linejoin="round"
      >
        {children}
      </svg>
    );
  };
}

const slash = <path d="M4 4l16 16" />;
const microphone = (
  <>
    <rect x="9" y="3" width="6" height="11" rx="3" />
    <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
  </>
);
const camera = (
  <>
    <rect x="3" y="6.5" width="12" height="11" rx="2.5" />
    <path d="M15 11l5-3v8l-5-3z" />
  </>
);

export const MicrophoneIcon = icon(microphone);
export const MicrophoneOffIcon = icon(
  <>
    {microphone}
    {slash}
  </>,
);
export const CameraIcon = icon(camera);
export const CameraOffIcon = icon(
  <>
    {camera}
    {slash}
  </>,
);
export const ScreenIcon = icon(
  <>
    <rect x="3" y="4.5" width="18" height="12" rx="2" />
    <path d="M8.5 20h7M12 13.5v-5M9.7 10.5L12 8.2l2.3 2.3" />
  </>,
);
export const ScreenStopIcon = icon(
  <>
    <rect x="3" y="4.5" width="18" height="12" rx="2" />
    <path d="M8.5 20h7M10 8.3l4 4.4M14 8.3l-4 4.4" />
  </>,
);
export const LeaveIcon = icon(
  <path d="M4 15.6c-.8-1-.9-2.3-.2-3.300C5.4 10 8.6 8.7 12 8.700s6.6 1.3 8.2 3.600c.7 1 .6 2.3-.2 3.300l-.5.6a1 1 0 0 1-1.3.2l-2.5-1.600a1 1 0 0 1-.5-.9v-1.600a10 10 0 0 0-6.4 0v1.600a1 1 0 0 1-.5.9l-2.5 1.600a1 1 0 0 1-1.3-.2z" />,
);
export const LinkIcon = icon(
  <path d="M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.700l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.700l1-1" />,
);
export const ChartIcon = icon(<path d="M4 20V4M4 20h16M8 16l3.5-4.5 3 2.500L20 8" />);
export const CloseIcon = icon(<path d="M6 6l12 12M18 6L6 18" />);
export const CheckIcon = icon(<path d="M5 12.500l4.5 4.500L19 7.5" />);
export const RefreshIcon = icon(<path d="M19.5 11a7.5 7.5 0 1 0-1.7 6M19.5 5v6h-6" />);
export const PeopleIcon = icon(
  <>
    <circle cx="9" cy="8.5" r="3.2" />
    <path d="M3.5 19a5.5 5.5 0 0 1 11 0M15.5 5.600a3.2 3.2 0 0 1 0 5.800M17.5 14.200a5.5 5.5 0 0 1 3 4.8" />
  </>,
);
export const WarningIcon = icon(<path d="M12 4l9 15.500H3zM12 10v4.500M12 17.200v.1" />);
