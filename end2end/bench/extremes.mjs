// The figures of what hardly anybody has: what was made to do harm, and far more of something than usual.

import { BOMBS_OPENED } from "./bombs.mjs";
import { FOLDERS } from "./folders.mjs";
import { GROWTH } from "./growth.mjs";
import { HOSTILE } from "./hostile.mjs";
import { RENDERED } from "./rendered.mjs";
import { THREADS } from "./threads.mjs";

export const EXTREMES = [BOMBS_OPENED, HOSTILE, GROWTH, RENDERED, THREADS, FOLDERS];
