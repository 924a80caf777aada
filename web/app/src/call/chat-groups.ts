// Messages that one person wrote in a row stand under one name.

export interface Groupable {
  from: string;
  at: number;
  private: boolean;
  to?: string;
}

/** A pause so long starts anew, so that the time beside the name stays true. */
const kPauseMs = 3 * 60_000;

export function groups<M extends Groupable>(messages: readonly M[]): M[][] {
  const out: M[][] = [];
  for (const message of messages) {
    const group = out.at(-1);
    const last = group?.at(-1);
    const together =
      last &&
      last.from === message.from &&
      last.private === message.private &&
      last.to === message.to &&
      message.at - last.at < kPauseMs;
    if (together) group!.push(message);
    else out.push([message]);
  }
  return out;
}
