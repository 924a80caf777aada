import { describe, expect, it } from 'vitest';
import { DegradationPolicy, type LinkState } from '../src/call/degradation.js';

const good: Omit<LinkState, 'at'> = {
  quality: 'good',
  availableOutgoing: 2_000_000,
  paused: 0,
  wanted: 2,
  connected: true,
};
const bad = { ...good, quality: 'poor' as const };

/** Once a second from `from` to `to` seconds. */
function pass(policy: DegradationPolicy, link: Omit<LinkState, 'at'>, from: number, to: number) {
  for (let second = from; second <= to; second += 1) policy.update({ ...link, at: second * 1000 });
  return policy.state;
}

describe('sound only', () => {
  it('comes when a connection stays bad, not when it stumbles', () => {
    const policy = new DegradationPolicy();
    expect(pass(policy, bad, 0, 7)).toBe('no');
    expect(pass(policy, good, 8, 9)).toBe('no');
    expect(pass(policy, bad, 10, 18)).toBe('link');
  });

  it('comes when every video is held back', () => {
    expect(pass(new DegradationPolicy(), { ...good, paused: 2 }, 0, 9)).toBe('link');
    expect(pass(new DegradationPolicy(), { ...good, paused: 1 }, 0, 20)).toBe('no');
  });

  it('goes by itself, and more slowly where it did not last', () => {
    const policy = new DegradationPolicy();
    pass(policy, bad, 0, 9);
    expect(pass(policy, good, 10, 29)).toBe('link');
    expect(pass(policy, good, 30, 31)).toBe('no');
    pass(policy, bad, 32, 41);
    expect(policy.state).toBe('link');
    expect(pass(policy, good, 42, 80)).toBe('link');
    expect(pass(policy, good, 81, 83)).toBe('no');
  });

  it('is for the person to choose', () => {
    const policy = new DegradationPolicy();
    policy.choose(true, 0);
    expect(pass(policy, good, 0, 100)).toBe('chosen');
    policy.choose(false, 100_000);
    expect(pass(policy, bad, 101, 150)).toBe('no');
    expect(pass(policy, bad, 151, 170)).toBe('link');
  });

  it('is not judged while there is no connection', () => {
    expect(pass(new DegradationPolicy(), { ...bad, connected: false }, 0, 60)).toBe('no');
  });
});
