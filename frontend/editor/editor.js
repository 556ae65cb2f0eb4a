// The page in which formatted text is written: Squire, and what the app asks of it. It stands in a frame that is sandboxed, so that
// it has no origin, and under a policy that closes the network: what is quoted in it came from anybody. All that it and the
// app know of each other are messages: `[what, file]`, of which `what` is told in `app/src/client/formatted.rs`.
//
// In what the app says and is told, a picture within the text is `<img src="cid:BLOB">`. Here it is shown from bytes that the
// app sends; so is one on the net, which keeps its address beside it.

import Squire from "squire-rte";

const root = document.getElementById("text");
const app = new URL(location.href).origin;
const tell = (what, file) => parent.postMessage([JSON.stringify(what), file], app);
/** Markup as a document that is in no window: nothing in it is fetched or run. */
const parsed = (html) => new DOMParser().parseFromString(html, "text/html");

/** Addresses of pictures that are here, by their blobs, or by their own addresses on the net. */
const pictures = new Map();
/** Addresses of pictures that are on their way to the server, by a number of ours, and what became of those that are there. */
const underWay = new Map();
const arrived = new Map();
// Another editor's numbers must not be taken for ours.
let next = Math.floor(Math.random() * 2 ** 31);
let editor = null;
let frozen = false;
let dark = false;

// What is written.

/** What Squire knows its own formats by. */
const CLASSES = { color: "color", "background-color": "highlight", "font-size": "size", "font-family": "font" };

/** Makes what the app knows into what is shown. */
function shown(html) {
  const page = parsed(html);
  const [wanted, remote] = [new Set(), new Set()];
  for (const image of page.querySelectorAll("img[src]")) {
    const address = image.getAttribute("src");
    const blob = /^cid:([0-9a-f]{32})$/i.exec(address)?.[1];
    if (blob) {
      image.dataset.blob = blob;
      const here = pictures.get(blob);
      if (here) image.setAttribute("src", here);
      else {
        image.removeAttribute("src");
        wanted.add(blob);
      }
    } else if (!/^data:image\//i.test(address)) {
      image.dataset.remote = address;
      const here = pictures.get(address);
      if (here) image.setAttribute("src", here);
      else {
        image.removeAttribute("src");
        remote.add(address);
      }
    }
  }
  for (const span of page.querySelectorAll("span[style]:not([class])")) {
    const name = span.style.length === 1 && CLASSES[span.style[0]];
    if (name) span.className = name;
  }
  const fragment = document.createDocumentFragment();
  fragment.append(...page.body.childNodes);
  if (wanted.size + remote.size) tell({ wants: [...wanted], remote: [...remote] });
  return document.importNode(fragment, true);
}

/** Makes what is shown into what the app knows. */
function known(page) {
  for (const image of page.querySelectorAll("img")) {
    const { blob, remote, key } = image.dataset;
    if (blob) image.setAttribute("src", `cid:${blob}`);
    else if (remote) image.setAttribute("src", remote);
    // What came as `data:` is as good as its blob.
    else if (key && !image.src.startsWith("data:")) image.remove();
    for (const name of ["data-blob", "data-remote", "data-key", "tabindex"]) image.removeAttribute(name);
  }
  return page.body.innerHTML;
}

/** The person's own words: not those that are quoted, nor the signature. */
function ownWords(page) {
  for (const other of page.querySelectorAll("blockquote, .pismo-signature")) other.remove();
  return [...page.body.childNodes].map((block) => block.textContent).join("\n");
}

// The app is told of what was written when the person pauses, and when it asks.

const PAUSE_MS = 200;
const LONGEST_MS = 1000;
let pause = 0;
let since = 0;

function changed() {
  if (!editor) return;
  const now = performance.now();
  since ||= now;
  clearTimeout(pause);
  pause = setTimeout(say, Math.max(0, Math.min(PAUSE_MS, since + LONGEST_MS - now)));
}

function say() {
  clearTimeout(pause);
  if (since) {
    const page = parsed(editor.getHTML());
    tell({ html: known(page), text: ownWords(page) });
  }
  since = 0;
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
  const list = element().closest("ul, ol")?.nodeName;
  const looks = Object.entries({
    bold: is("B", "STRONG"),
    italic: is("I", "EM"),
    underline: is("U"),
    strike: is("S", "DEL"),
    link: is("A"),
    code: is("CODE") || /(^|>)PRE\b/.test(path),
    bullets: list === "UL",
    numbers: list === "OL",
    quote: Boolean(element().closest("blockquote")),
    direction: getComputedStyle(element()).direction === "rtl",
  }).filter(([, on]) => on).map(([name]) => name);
  const all = looks.join(" ");
  if (all !== last) tell({ looks });
  last = all;
}

/** What was written for a white page is unreadable on a dark one. */
function shade() {
  const chosen = root.querySelector('[style*="color"], [style*="background"], [bgcolor], font[color]');
  document.documentElement.dataset.dark = String(dark && !chosen);
}

// Signatures.

/** The words of a text, whatever spaces are between its lines. */
const words = (text) => text.trim().split(/\s*\n\s*/).join("\n");

/** The elements of a signature that is as it was put in: of its words, and of its HTML. */
function signed(text, html) {
  const own = [...root.querySelectorAll("div.pismo-signature")].filter((element) => !element.closest("blockquote"));
  const letters = (element) => element.textContent.replace(/\s+/g, "");
  const wrought = letters(parsed(html).body);
  const same = own.find((element) => letters(element) === wrought);
  if (same) return [same];
  // Its mark is there only where it ends the text.
  for (const wanted of [words(text), words(text.replace(/^-- *\n/, ""))]) {
    const marked = own.find((element) => words(element.innerText) === wanted);
    if (marked) return [marked];
    // What was plain text has no marks.
    const lines = wanted.split("\n");
    const blocks = [...root.children];
    for (let at = blocks.length - lines.length; at >= 0; at--) {
      const some = blocks.slice(at, at + lines.length);
      if (some.every((block, index) => words(block.innerText) === lines[index])) return some;
    }
  }
  return null;
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
  align: (_, value) => editor.setTextAlignment(value),
  direction: (looks) => editor.setTextDirection(looks.includes("direction") ? "ltr" : "rtl"),
  size: (_, value) => editor.setFontSize(value || null),
  colour: (_, value) => editor.setTextColor(value || null),
  mark: (_, value) => editor.setHighlightColor(value || null),
  link: (_, value) => (value ? editor.makeLink(value) : editor.removeLink()),
};

const asked = {
  /** Begins with a text. The cursor is at its start. */
  open({ html, label, dark: wanted, focus }) {
    root.setAttribute("aria-label", label);
    dark = wanted;
    if (!editor) begin();
    editor.setHTML(html);
    send(root);
    shade();
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
    editor.insertHTML(html, true);
    send(root);
    shade();
  },
  insert_text({ text }) {
    editor.insertPlainText(text, true);
  },
  /** The bytes of a picture, which is a blob at the server; or of one of ours, which is there now. */
  picture({ blob, key }, file) {
    if (file && !pictures.has(blob)) pictures.set(blob, URL.createObjectURL(file));
    if (key !== null) {
      if (!pictures.has(blob)) pictures.set(blob, underWay.get(key));
      arrived.set(String(key), blob);
      underWay.delete(key);
      changed();
    }
    settle();
  },
  /** The bytes of a picture on the net. */
  remote({ url }, file) {
    if (!pictures.has(url)) pictures.set(url, URL.createObjectURL(file));
    settle();
  },
  /** A picture that did not get to the server. */
  no_picture({ key }) {
    for (const image of root.querySelectorAll(`img[data-key="${key}"]`)) image.remove();
    underWay.delete(key);
  },
  /** A file that was chosen as a picture. */
  place(_, file) {
    if (!frozen) take([file]);
  },
  /** Another signature, in place of the one before, as long as that is as it was put in. */
  signature({ before, was, after, above }) {
    const old = before ? signed(before, was) : [];
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
    // Not a change of the text.
    editor?.modifyDocument(() => root.setAttribute("contenteditable", String(!on)));
  },
  focus() {
    editor?.focus();
  },
  /** What the person has written, for use elsewhere: pictures of this letter stay with it. */
  own() {
    const page = parsed(editor?.getHTML() ?? "");
    for (const other of page.querySelectorAll('blockquote[type="cite"], .pismo-signature')) {
      const line = other.previousElementSibling;
      if (other.matches("blockquote") && line?.textContent.trim().endsWith(":")) line.remove();
      other.remove();
    }
    for (const image of page.querySelectorAll("img[data-blob], img[data-key]")) image.remove();
    const blocks = [...page.body.children];
    while (blocks.length && !blocks.at(-1).textContent.trim() && !blocks.at(-1).querySelector("img, hr")) blocks.pop().remove();
    tell({ own: known(page) });
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

/** Shows those that are here now. What is shown of itself is no change of the person's. */
function settle() {
  editor.modifyDocument(() => {
    for (const image of root.querySelectorAll("img[data-remote]")) {
      const address = pictures.get(image.dataset.remote);
      if (address && !image.hasAttribute("src")) image.src = address;
    }
    for (const image of root.querySelectorAll("img[data-key], img[data-blob]")) {
      const blob = image.dataset.blob ?? arrived.get(image.dataset.key);
      if (!blob) continue;
      delete image.dataset.key;
      image.dataset.blob = blob;
      const address = pictures.get(blob);
      if (address && image.getAttribute("src") !== address) image.src = address;
    }
  });
}

function begun(file, address) {
  underWay.set(next, address);
  tell({ picture: next }, file);
  return String(next++);
}

/** Shows pictures at the cursor, and has them sent to the server. */
function place(files) {
  for (const file of files) {
    const address = URL.createObjectURL(file);
    editor.insertImage(address, { alt: file.name, "data-key": begun(file, address) });
  }
}

/** Sends to the server what a text brings as `data:`. */
function send(element) {
  editor.modifyDocument(() => {
    for (const image of element.querySelectorAll('img[src^="data:" i]:not([data-key])')) {
      try {
        const [, type, base64, data] = /^data:(image\/[\w.+-]+)[^,]*?(;base64)?,(.*)$/is.exec(image.src);
        const bytes = base64 ? Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0)) : new TextEncoder().encode(decodeURIComponent(data));
        const file = new File([bytes], `image.${type.slice(6).replace(/\W.*/, "")}`, { type });
        image.dataset.key = begun(file, image.src);
      } catch {
        // It is none.
        image.remove();
      }
    }
  });
}

const isPicture = ({ type }) => /^image\/(png|jpeg|gif|webp|bmp|avif)$/.test(type);

function take(files) {
  place(files.filter(isPicture));
  for (const file of files.filter((file) => !isPicture(file))) tell({ file: true }, file);
}

// What comes from the clipboard or is dropped was written by anybody: the server makes it harmless first.

/** Octets of HTML that are taken; of more only the words. */
const MOST = 400 * 1024;

function bring(data, plain) {
  const [html, text, files] = [data.getData("text/html"), data.getData("text/plain"), [...data.files]];
  // A picture that is copied in a browser comes with its address, a table of a spreadsheet with its picture.
  // Not parsed yet: even where nothing of it runs, the browser would complain of what it finds.
  const said = html.replace(/<(style|script|head)\b[^]*?<\/\1>|<!--[^]*?-->|<[^>]*>/gi, " ").replaceAll("&nbsp;", " ").trim();
  if (files.length && !said && !text.trim()) take(files);
  else if (html && !plain && new Blob([html]).size <= MOST) tell({ pasted: html, text: text || said });
  else if (text || said) editor.insertPlainText(text || said, true);
}

/** The place in the text beneath the pointer. */
function under({ clientX, clientY }) {
  const place = document.caretPositionFromPoint?.(clientX, clientY);
  if (!place) return document.caretRangeFromPoint?.(clientX, clientY);
  const range = document.createRange();
  range.setStart(place.offsetNode, place.offset);
  return range;
}

let shift = false;
let ours = false;

function begin() {
  editor = new Squire(root, {
    sanitizeToDOMFragment: shown,
    willCutCopy: (html) => known(parsed(html)),
    blockAttributes: { dir: "auto" },
    tagAttributes: { blockquote: { type: "cite", style: "margin:8px 0 8px 8px;padding-left:12px;border-left:2px solid #c3c8d0" } },
    undo: { documentSizeThreshold: 20_000, undoLimit: 100 },
    didError: (error) => console.error(error),
  });
  editor.addEventListener("input", () => {
    // What was taken back may be of a time before a picture was there.
    if (pictures.size) settle();
    changed();
    look();
  });
  for (const name of ["pathChange", "select", "cursor"]) editor.addEventListener(name, look);
  editor.addEventListener("blur", say);
}

addEventListener("keydown", (event) => {
  shift = event.shiftKey;
  const command = event.ctrlKey || event.metaKey;
  const key = (command && event.key === "Enter" && "send") || (event.key === "Escape" && "escape") || (command && event.code === "KeyK" && "link");
  if (!key || event.isComposing) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  say();
  tell({ key });
}, true);
addEventListener("keyup", (event) => { shift = event.shiftKey; }, true);
addEventListener("blur", () => { shift = false; });
addEventListener("paste", (event) => {
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!frozen && editor) bring(event.clipboardData, shift);
}, true);
addEventListener("dragstart", () => { ours = true; }, true);
addEventListener("dragend", () => { ours = false; }, true);
addEventListener("dragover", (event) => {
  if (event.dataTransfer.types.includes("Files")) event.preventDefault();
}, true);
addEventListener("drop", (event) => {
  if (ours) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (frozen || !editor) return;
  const place = under(event);
  if (place && root.contains(place.startContainer)) editor.setSelection(place);
  bring(event.dataTransfer, false);
}, true);
// A link is text to write on.
addEventListener("click", (event) => {
  if (event.target.closest?.("a")) event.preventDefault();
}, true);

tell({ ready: true });
