// The page in which formatted text is written: Squire, and what the app asks of it. It stands in a frame that is sandboxed, so that
// it has no origin, and under a policy that closes the network: what is quoted in it came from anybody. All that it and the
// app know of each other are messages: `[what, file]`, of which
// `what` is told in `app/src/client/formatted.rs`.
//
// In what the app says and is told, a picture within the text is `<img src="cid:BLOB">`. Here it is shown from bytes that the
// app sends; what is on the net is not fetched, and keeps its address beside it.

import Squire from "squire-rte";

const root = document.getElementById("text");
const app = new URL(location.href).origin;
const tell = (what, file) => parent.postMessage([JSON.stringify(what), file], app);

/** Addresses of pictures that are here, by their blobs. */
const pictures = new Map();
/** Pictures that are on their way to the server, by a number of ours. */
const underWay = new Map();
let next = 0;
let editor = null;
let frozen = false;

// What is written.

/** Makes what the app knows into what is shown. Nothing is fetched by a document that is in no window. */
function shown(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const wanted = new Set();
  for (const image of page.querySelectorAll("img[src]")) {
    const address = image.getAttribute("src");
    const blob = /^cid:(\w+)$/i.exec(address)?.[1];
    if (blob) {
      image.dataset.blob = blob;
      const here = pictures.get(blob);
      if (here) image.setAttribute("src", here);
      else {
        image.removeAttribute("src");
        wanted.add(blob);
      }
    } else if (!/^(data:image\/|blob:)/i.test(address)) {
      image.dataset.remote = address;
      image.removeAttribute("src");
    }
  }
  const fragment = document.createDocumentFragment();
  fragment.append(...page.body.childNodes);
  if (wanted.size) tell({ wants: [...wanted] });
  return document.importNode(fragment, true);
}

/** Makes what is shown into what the app knows. */
function known(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const image of page.querySelectorAll("img")) {
    const { blob, remote, key } = image.dataset;
    if (blob) image.setAttribute("src", `cid:${blob}`);
    else if (remote) image.setAttribute("src", remote);
    else if (key) image.remove();
    for (const name of ["data-blob", "data-remote", "data-key", "tabindex"]) image.removeAttribute(name);
  }
  return page.body.innerHTML;
}

// The app is told of what was written when the person pauses, and when it asks.

const PAUSE_MS = 200;
const LONGEST_MS = 1000;
let pause = 0;
let quiet = false;
let since = 0;

/** What is shown of itself is no change of the person's. Mutations are told before the next task. */
function quietly(on) {
  quiet = on;
  if (on) setTimeout(() => { quiet = false; });
}

function changed() {
  if (!editor || quiet) return;
  const now = performance.now();
  since ||= now;
  clearTimeout(pause);
  pause = setTimeout(say, Math.max(0, Math.min(PAUSE_MS, since + LONGEST_MS - now)));
}

function say() {
  clearTimeout(pause);
  if (since) tell({ html: known(editor.getHTML()), text: root.innerText });
  since = 0;
}

/** The words of a text, whatever spaces are between its lines. */
const words = (text) => text.trim().split(/\s*\n\s*/).join("\n");

/** The elements of a signature that is as it was put in. */
function signed(text) {
  const lines = words(text).split("\n");
  const marked = [...root.querySelectorAll("div.pismo-signature")].find((element) => words(element.innerText) === words(text));
  if (marked) return [marked];
  // What was plain text has no marks.
  const blocks = [...root.children];
  for (let at = blocks.length - lines.length; at >= 0; at--) {
    const some = blocks.slice(at, at + lines.length);
    if (some.every((block, index) => words(block.innerText) === lines[index])) return some;
  }
  return null;
}

// What the text under the cursor is like, for the buttons.

/** What the cursor is in. */
function element() {
  const node = editor.getSelection().startContainer;
  return node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
}

let last = "";

function look() {
  const path = editor.getPath();
  const is = (...tags) => tags.some((tag) => editor.hasFormat(tag));
  const within = (tag) => new RegExp(`(^|>)${tag}\\b`).test(path);
  const looks = Object.entries({
    bold: is("B", "STRONG"),
    italic: is("I", "EM"),
    underline: is("U"),
    strike: is("S", "DEL"),
    link: is("A"),
    code: is("CODE") || within("PRE"),
    bullets: /UL[^>]*>LI[^>]*(>DIV[^>]*)?(>[A-Z]+[^>]*)*$/.test(path) && path.lastIndexOf("UL") > path.lastIndexOf("OL"),
    numbers: within("OL") && path.lastIndexOf("OL") > path.lastIndexOf("UL"),
    quote: within("BLOCKQUOTE"),
    direction: getComputedStyle(element()).direction === "rtl",
  }).filter(([, on]) => on).map(([name]) => name);
  const all = looks.join(" ");
  if (all !== last) tell({ looks });
  last = all;
}

// What the app asks for.

const toggle = (name, on, off) => (looks) => (looks.includes(name) ? editor[off]() : editor[on]());

const FORMATS = {
  bold: toggle("bold", "bold", "removeBold"),
  italic: toggle("italic", "italic", "removeItalic"),
  underline: toggle("underline", "underline", "removeUnderline"),
  strike: toggle("strike", "strikethrough", "removeStrikethrough"),
  bullets: toggle("bullets", "makeUnorderedList", "removeList"),
  numbers: toggle("numbers", "makeOrderedList", "removeList"),
  quote: () => editor.increaseQuoteLevel(),
  unquote: () => editor.decreaseQuoteLevel(),
  code: () => editor.toggleCode(),
  clear: () => editor.removeAllFormatting(),
  undo: () => editor.undo(),
  redo: () => editor.redo(),
  align: (_, value) => editor.setTextAlignment(value),
  direction: (looks) => editor.setTextDirection(looks.includes("direction") ? "ltr" : "rtl"),
  size: (_, value) => editor.setFontSize(value || null),
  colour: (_, value) => editor.setTextColor(value || null),
  mark: (_, value) => editor.setHighlightColor(value || null),
  text: (_, value) => editor.insertPlainText(value, false),
  link: (_, value) => (value ? editor.makeLink(value) : editor.removeLink()),
};

const asked = {
  /** Begins with a text. The cursor is at its start. */
  open({ html, label, dark, focus }) {
    root.setAttribute("aria-label", label);
    // What was written for a white page is unreadable on a dark one.
    const page = new DOMParser().parseFromString(html, "text/html");
    const chosen = page.querySelector('[style*="color"], [style*="background"], [bgcolor], font[color]');
    document.documentElement.dataset.dark = String(dark && !chosen);
    if (!editor) begin();
    editor.setHTML(html);
    send(root);
    editor.moveCursorToStart();
    scrollTo(0, 0);
    if (focus) editor.focus();
    since = 0;
  },
  format({ name, value }) {
    if (frozen) return;
    editor.focus();
    FORMATS[name]?.(last.split(" "), value);
    look();
  },
  /** What was pasted, made harmless by the server. */
  insert({ html }) {
    if (frozen) return;
    editor.insertHTML(html, true);
    send(root);
  },
  insert_text({ text }) {
    if (!frozen) editor.insertPlainText(text, true);
  },
  /** The bytes of a picture, which is a blob at the server; or of one of ours, which is there now. */
  picture({ blob, key }, file) {
    quietly(key === null);
    if (file && !pictures.has(blob)) pictures.set(blob, URL.createObjectURL(file));
    for (const image of root.querySelectorAll(key === null ? `img[data-blob="${blob}"]` : `img[data-key="${key}"]`)) {
      delete image.dataset.key;
      image.dataset.blob = blob;
      if (!pictures.has(blob)) pictures.set(blob, underWay.get(key));
      if (image.getAttribute("src") !== pictures.get(blob)) image.src = pictures.get(blob);
    }
    underWay.delete(key);
    if (key !== null) changed();
  },
  /** A picture that did not get to the server. */
  no_picture({ key }) {
    for (const image of root.querySelectorAll(`img[data-key="${key}"]`)) image.remove();
    underWay.delete(key);
  },
  /** Files that were chosen as pictures. */
  place(_, file) {
    place([file]);
  },
  /** Another signature, in place of the one before, as long as that is as it was put in. */
  signature({ before, after, above }) {
    const old = before ? signed(before) : [];
    if (!old) return;
    editor.saveUndoState();
    const quote = above && [...root.children].find((element) => element.matches('blockquote[type="cite"]'));
    for (const element of old) element.remove();
    if (after) {
      // Above the line that says whose words follow.
      const line = quote?.previousElementSibling;
      root.insertBefore(shown(after), (line?.innerText.trim().endsWith(":") ? line : quote) || null);
    }
    changed();
  },
  freeze({ on }) {
    frozen = on;
    root.setAttribute("contenteditable", String(!on));
  },
  focus() {
    editor?.focus();
  },
  flush({ number }) {
    if (editor) say();
    tell({ flushed: number });
  },
};

addEventListener("message", (event) => {
  if (event.source !== parent || event.origin !== app) return;
  const [what, file] = event.data;
  const { do: name, ...rest } = JSON.parse(what);
  asked[name]?.(rest, file);
});

// Pictures.

/** Shows pictures at the cursor, and has them sent to the server. */
function place(files) {
  for (const file of files) {
    const address = URL.createObjectURL(file);
    const image = editor.insertImage(address, { alt: file.name });
    image.dataset.key = String(next);
    underWay.set(next, address);
    tell({ picture: next++ }, file);
  }
}

/** Sends to the server what a text brings as `data:`. */
function send(element) {
  for (const image of element.querySelectorAll('img[src^="data:" i]')) {
    const [, type, base64, data] = /^data:(image\/[\w.+-]+)[^,]*?(;base64)?,(.*)$/is.exec(image.src) ?? [];
    if (!type) {
      image.remove();
      continue;
    }
    const bytes = base64 ? Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0)) : new TextEncoder().encode(decodeURIComponent(data));
    const file = new File([bytes], `image.${type.slice(6).replace(/\W.*/, "")}`, { type });
    image.dataset.key = String(next);
    underWay.set(next, image.src);
    tell({ picture: next++ }, file);
  }
}

const isPicture = ({ type }) => /^image\/(png|jpeg|gif|webp|bmp|avif)$/.test(type);

function take(files) {
  place(files.filter(isPicture));
  for (const file of files.filter((file) => !isPicture(file))) tell({ file: true }, file);
}

// What comes from the clipboard or is dropped was written by anybody: the server makes it harmless first.

const MOST = 1_000_000;

/** Whether there was something to take. */
function bring(data) {
  const [html, text, files] = [data.getData("text/html"), data.getData("text/plain"), [...data.files]];
  // A picture that is copied in a browser comes with its address, a table of a spreadsheet with its picture.
  const words = html && new DOMParser().parseFromString(html, "text/html").body.textContent.trim();
  if (files.length && !words && !text.trim()) take(files);
  else if (html && html.length <= MOST) tell({ pasted: html, text });
  else if (text && html) editor.insertPlainText(text, true);
  else return false;
  return true;
}

let shift = false;
let ours = false;

function begin() {
  editor = new Squire(root, {
    sanitizeToDOMFragment: shown,
    willCutCopy: known,
    tagAttributes: { blockquote: { type: "cite", style: "margin:8px 0 8px 8px;padding-left:12px;border-left:2px solid #c3c8d0" } },
    undo: { documentSizeThreshold: 500_000, undoLimit: 100 },
    didError: (error) => console.error(error),
  });
  editor.addEventListener("input", () => {
    changed();
    look();
  });
  for (const name of ["pathChange", "select", "cursor"]) editor.addEventListener(name, look);
  editor.addEventListener("blur", say);
}

addEventListener("keydown", (event) => {
  shift = event.shiftKey;
  const command = event.ctrlKey || event.metaKey;
  const key = { Enter: command && "send", Escape: "escape", k: command && "link" }[event.key];
  if (!key || event.isComposing) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  say();
  tell({ key });
}, true);
addEventListener("keyup", (event) => { shift = event.shiftKey; }, true);
addEventListener("paste", (event) => {
  if (frozen || shift || !editor || !bring(event.clipboardData)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
addEventListener("dragstart", () => { ours = true; }, true);
addEventListener("dragend", () => { ours = false; }, true);
addEventListener("dragover", (event) => {
  if (event.dataTransfer.types.includes("Files")) event.preventDefault();
}, true);
addEventListener("drop", (event) => {
  if (ours || frozen || !editor) return;
  const place = document.caretRangeFromPoint?.(event.clientX, event.clientY);
  if (place && root.contains(place.startContainer)) editor.setSelection(place);
  if (!bring(event.dataTransfer)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
// A link is text to write on.
addEventListener("click", (event) => {
  if (event.target.closest?.("a")) event.preventDefault();
}, true);

tell({ ready: true });
