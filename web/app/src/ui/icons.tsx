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
const loudspeaker = <path d="M4 9.500h3l4.500-3.700v12.400L7 14.500H4z" />;
const pin = <path d="M9 3.500h6l-.7 6 3 3.500H6.700l3-3.500zM12 13v7.500" />;

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
export const InviteIcon = icon(
  <>
    <circle cx="10" cy="8.5" r="3.2" />
    <path d="M4 19a6 6 0 0 1 10.500-4M18 13.500v6M15 16.500h6" />
  </>,
);
export const WarningIcon = icon(<path d="M12 4l9 15.500H3zM12 10v4.500M12 17.200v.1" />);
export const HandIcon = icon(
  <path d="M8 12V6.200a1.300 1.300 0 0 1 2.600 0V11M10.600 11V4.800a1.300 1.300 0 0 1 2.600 0V11M13.200 11V5.800a1.300 1.300 0 0 1 2.600 0V12M15.800 12V8.500a1.300 1.300 0 0 1 2.600 0V14c0 4-2.400 6.500-6 6.500-3.200 0-4.600-1.500-6-4.300l-2-3.900c-.7-1.400 1-2.500 2.100-1.300L8 13" />,
);
export const ChatIcon = icon(
  <path d="M20 14.500a2.500 2.500 0 0 1-2.500 2.500H10l-4 3.500V17a2.500 2.500 0 0 1-2-2.500v-7A2.500 2.500 0 0 1 6.500 5h11A2.500 2.500 0 0 1 20 7.500z" />,
);
export const SmileIcon = icon(
  <>
    <circle cx="12" cy="12" r="8.500" />
    <path d="M8.500 14a4.200 4.200 0 0 0 7 0M9 9.600v.1M15 9.600v.1" />
  </>,
);
export const GridIcon = icon(
  <>
    <rect x="4" y="5" width="7" height="6" rx="1.500" />
    <rect x="13" y="5" width="7" height="6" rx="1.500" />
    <rect x="4" y="13" width="7" height="6" rx="1.500" />
    <rect x="13" y="13" width="7" height="6" rx="1.500" />
  </>,
);
export const SpeakerViewIcon = icon(
  <>
    <rect x="3.500" y="5" width="11.500" height="14" rx="2" />
    <path d="M18 6h2.500M18 12h2.500M18 18h2.500" />
  </>,
);
export const PinIcon = icon(pin);
export const UnpinIcon = icon(
  <>
    {pin}
    {slash}
  </>,
);
export const MoreIcon = icon(
  <>
    <circle cx="5.500" cy="12" r=".8" fill="currentColor" />
    <circle cx="12" cy="12" r=".8" fill="currentColor" />
    <circle cx="18.500" cy="12" r=".8" fill="currentColor" />
  </>,
);
export const SettingsIcon = icon(
  <path d="M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4M4 12h3M11 12h9M9 10v4" />,
);
export const KeyboardIcon = icon(
  <>
    <rect x="3" y="6" width="18" height="12" rx="2" />
    <path d="M7 10v.1M10.300 10v.1M13.700 10v.1M17 10v.1M8 14h8" />
  </>,
);
export const ChevronUpIcon = icon(<path d="M7 14.500l5-5 5 5" />);
export const ChevronLeftIcon = icon(<path d="M14.500 6l-6 6 6 6" />);
export const ChevronRightIcon = icon(<path d="M9.500 6l6 6-6 6" />);
export const SendIcon = icon(<path d="M5 12l-1-7 17 7-17 7 1-7zm0 0h7" />);
export const SoundIcon = icon(
  <>
    {loudspeaker}
    <path d="M15 9a4.500 4.500 0 0 1 0 6M17.500 6.500a8 8 0 0 1 0 11" />
  </>,
);
export const SoundOffIcon = icon(
  <>
    {loudspeaker}
    <path d="M15.500 9.500l5 5M20.500 9.500l-5 5" />
  </>,
);
export const RemoveIcon = icon(
  <>
    <circle cx="10" cy="8.500" r="3.200" />
    <path d="M4 19a6 6 0 0 1 10.500-4M16 16.500h5" />
  </>,
);
