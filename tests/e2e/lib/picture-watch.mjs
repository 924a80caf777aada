// Watches the picture of the other person in a page of the app. Sent as source: it uses nothing from
// outside.

/**
 * `window.__picture`: since `begin()`, the longest time without a new picture, how often the tile had
 * no picture at all, and when the first picture of a track was shown that there was not before
 * (milliseconds since 1970; 0: there was none).
 */
export function watchPicture() {
  const watch = { longest: 0, blanks: 0, renewedAt: 0 };
  window.__picture = watch;
  let last = Date.now();
  let known = new Set();
  let old = known;
  watch.begin = () => {
    last = Date.now();
    old = known;
    known = new Set(old);
    Object.assign(watch, { longest: 0, blanks: 0, renewedAt: 0 });
  };
  const seen = new WeakSet();
  const follow = (video) => {
    if (seen.has(video)) return;
    seen.add(video);
    const frame = () => {
      const now = Date.now();
      watch.longest = Math.max(watch.longest, now - last);
      last = now;
      const track = video.srcObject?.getTracks()[0];
      known.add(track);
      if (track && !old.has(track)) watch.renewedAt ||= now;
      video.requestVideoFrameCallback(frame);
    };
    video.requestVideoFrameCallback(frame);
  };
  setInterval(() => {
    const tile = document.querySelector('.tile:not([data-self])');
    const videos = [...(tile?.querySelectorAll('video') ?? [])];
    for (const video of videos) follow(video);
    const visible = videos.filter((video) => !video.classList.contains('coming'));
    const shows = visible.some((video) => video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA);
    if (!shows) watch.blanks += 1;
    watch.longest = Math.max(watch.longest, Date.now() - last);
  }, 20);
}
