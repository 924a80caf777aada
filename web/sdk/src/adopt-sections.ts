// An offer brings sections of its own. A transceiver that was made before it arrived, by
// addTransceiver, stays apart from them (RFC 8829 §5.10 takes only those of addTrack), and the side
// that answers would send nothing until it offered itself. Here its track moves into the section of
// the offer that waits for one.

/** To be called between a remote offer and the answer; returns how many tracks moved. */
export function adoptSections(connection: RTCPeerConnection): number {
  const all = [...connection.getTransceivers()];
  const early = all.filter((t) => t.mid === null && t.sender.track && t.direction.includes('send'));
  let moved = 0;
  for (const old of early) {
    const track = old.sender.track!;
    const free = all.find(
      (t) =>
        t.mid !== null &&
        t.sender.track === null &&
        t.receiver.track.kind === track.kind &&
        // One that was agreed before is empty on purpose.
        t.currentDirection === null,
    );
    if (!free) continue;
    all.splice(all.indexOf(free), 1);
    free.direction = 'sendrecv';
    void free.sender.replaceTrack(track);
    void old.sender.replaceTrack(null);
    old.stop();
    moved += 1;
  }
  return moved;
}
