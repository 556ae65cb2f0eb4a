// A browser in which hostile messages are opened. It knows nothing of Pismo; see open.ts for what is done with it.

import type { Canary } from "./canary";
import type { Findings } from "./findings";

/** A part of the window, in pixels. */
export type Box = { x: number; y: number; width: number; height: number };

export interface Reader {
  goto(url: string): Promise<void>;
  /** Presses one key. */
  press(key: string): Promise<void>;
  /** The value of an expression in the page, which is a string. */
  evaluate(expression: string): Promise<string>;
  /** A picture of a part of the window, in PNG. */
  screenshot(clip: Box): Promise<Buffer>;
  /** Ends the browser; what it had noted in its logs is among the findings then. */
  close(): Promise<void>;
}

/** Starts a browser whose window is 1440 by 900 and which is led to the canary whatever host it wants. Each request, each
 * name that is looked up, each script that speaks up goes to the findings. */
export type Start = (canary: Canary, findings: Findings) => Promise<Reader>;

export const WINDOW = { width: 1440, height: 900 };
