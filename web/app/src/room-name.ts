// Which names a room can have. The rule is the server's (docs/signaling.md); it is known here too, so
// that a person hears of it while typing.

const kMostCharacters = 128;

/** Of paths and addresses. */
const kPathCharacters = /[/\\%]/;

/** Controls, half characters, and what is not seen or turns the direction of writing. */
const kHidden =
  /[\p{Cc}\p{Cs}\u{ad}\u{61c}\u{180e}\u{200b}-\u{200f}\u{2028}-\u{202e}\u{2060}-\u{206f}\u{feff}\u{fff0}-\u{fffb}\u{e0000}-\u{e007f}]/u;

/** With or without an extension they open devices on some systems. */
const kDeviceName = /^(con|prn|aux|nul|com\d|lpt\d) *(\.|$)/i;

export type RoomNameProblem = 'rule' | 'device';

/** Of a name without spaces around it. An empty one is not wrong yet. */
export function roomNameProblem(name: string): RoomNameProblem | null {
  if ([...name].length > kMostCharacters || name.startsWith('.')) return 'rule';
  if (kPathCharacters.test(name) || kHidden.test(name)) return 'rule';
  return kDeviceName.test(name) ? 'device' : null;
}
