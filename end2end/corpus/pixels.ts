// Compares two pictures of a window. Browsers write PNG of 8 bits a channel, not interlaced (W3C PNG, §11.2.1); no more is read.

import zlib from "node:zlib";

/** How far a channel may be off: edges of round corners differ by so much from time to time. */
const SAME = 8;

/** How many pixels look another way. */
export function differing(one: Buffer, other: Buffer): number {
  if (one.equals(other)) return 0;
  const [first, second] = [decoded(one), decoded(other)];
  if (first.width !== second.width || first.pixels.length !== second.pixels.length) return Infinity;
  const { channels } = first;
  let count = 0;
  for (let at = 0; at < first.pixels.length; at += channels) {
    if ([0, 1, 2].some((channel) => Math.abs((first.pixels[at + channel] ?? 0) - (second.pixels[at + channel] ?? 0)) > SAME)) count += 1;
  }
  return count;
}

function decoded(png: Buffer): { width: number; channels: number; pixels: Uint8Array } {
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const [depth, colour, interlaced] = [png[24], png[25], png[28]];
  if (depth !== 8 || (colour !== 2 && colour !== 6) || interlaced !== 0) throw new Error(`a PNG of depth ${depth}, colour ${colour}`);
  const channels = colour === 6 ? 4 : 3;
  const compressed: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString("latin1", at + 4, at + 8) === "IDAT") compressed.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  return { width, channels, pixels: unfiltered(zlib.inflateSync(Buffer.concat(compressed)), width * channels, height, channels) };
}

/** Undoes the filter of each line (W3C PNG, §9.2). */
function unfiltered(lines: Buffer, length: number, height: number, channels: number): Uint8Array {
  const pixels = new Uint8Array(length * height);
  for (let line = 0; line < height; line += 1) {
    const filter = lines[line * (length + 1)];
    for (let x = 0; x < length; x += 1) {
      const at = line * length + x;
      const left = x < channels ? 0 : (pixels[at - channels] ?? 0);
      const up = line === 0 ? 0 : (pixels[at - length] ?? 0);
      const corner = x < channels || line === 0 ? 0 : (pixels[at - length - channels] ?? 0);
      let predicted = 0;
      if (filter === 1) predicted = left;
      else if (filter === 2) predicted = up;
      else if (filter === 3) predicted = (left + up) >> 1;
      else if (filter === 4) predicted = paeth(left, up, corner);
      pixels[at] = (lines[line * (length + 1) + 1 + x] ?? 0) + predicted;
    }
  }
  return pixels;
}

function paeth(left: number, up: number, corner: number): number {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
