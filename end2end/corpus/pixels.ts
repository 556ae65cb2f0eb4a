// Compares two pictures of a window.

import { PNG } from "pngjs";

/** How far a channel may be off: edges of round corners differ by so much from time to time. */
const SAME = 8;
/** Red, green, blue and how opaque it is. */
const CHANNELS = 4;

/** How many pixels look another way. */
export function differing(one: Buffer, other: Buffer): number {
  if (one.equals(other)) return 0;
  const [first, second] = [PNG.sync.read(one), PNG.sync.read(other)];
  if (first.width !== second.width || first.height !== second.height) return Infinity;
  let count = 0;
  for (let at = 0; at < first.data.length; at += CHANNELS) {
    if ([0, 1, 2].some((channel) => Math.abs((first.data[at + channel] ?? 0) - (second.data[at + channel] ?? 0)) > SAME)) count += 1;
  }
  return count;
}
