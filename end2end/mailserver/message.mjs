// Writes internet messages byte by byte: any charset, any structure, attachments that open. For seeds, tests and benchmarks.

import { Buffer } from "node:buffer";
import zlib from "node:zlib";

const EOL = "\r\n";

/** How a charset turns characters into bytes; made from the decoder that the platform has. */
const encoders = new Map();

/** Encodes text in utf-8, koi8-r, windows-1251, iso-8859-1, … */
export function encode(text, charset = "utf-8") {
  if (/^utf-?8$|^us-ascii$/i.test(charset)) return Buffer.from(text, "utf8");
  if (!encoders.has(charset)) {
    const decoder = new TextDecoder(charset);
    encoders.set(charset, new Map(Array.from({ length: 256 }, (_, byte) => [decoder.decode(Uint8Array.of(byte)), byte])));
  }
  const table = encoders.get(charset);
  return Buffer.from(Array.from(text, (character) => table.get(character) ?? 0x3f));
}

/** An unstructured header value, in RFC 2047 encoded words where it needs them; in UTF-8 when the charset has no such letters. */
export function words(text, wanted = "utf-8") {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const charset = wanted === "us-ascii" || new TextDecoder(wanted).decode(encode(text, wanted)) !== text ? "utf-8" : wanted;
  const pieces = [];
  let piece = "";
  for (const character of text) {
    if (encode(piece + character, charset).length > 39) {
      pieces.push(piece);
      piece = "";
    }
    piece += character;
  }
  pieces.push(piece);
  return pieces.map((each) => `=?${charset}?B?${encode(each, charset).toString("base64")}?=`).join(`${EOL} `);
}

/** An address header: `{ name, address }` or a bare address, one or many. */
export function addresses(list, charset) {
  const one = (person) => {
    if (typeof person === "string") return person;
    if (!person.name) return person.address;
    const name = /^[A-Za-z0-9 ]*$/.test(person.name) ? person.name : /^[\x20-\x7e]*$/.test(person.name) ? `"${person.name.replaceAll(/["\\]/g, "\\$&")}"` : words(person.name, charset);
    return `${name} <${person.address}>`;
  };
  return [list].flat().map(one).join(`,${EOL} `);
}

/** A date as in RFC 5322 §3.3, in a zone given in minutes east of Greenwich. */
export function rfc5322Date(date, zone = 0) {
  const local = new Date(date.getTime() + zone * 60_000);
  const [, day, month, year] = /^\w+, (\d+) (\w+) (\d+)/.exec(local.toUTCString());
  const sign = zone < 0 ? "-" : "+";
  const two = (number) => String(number).padStart(2, "0");
  const offset = `${sign}${two(Math.floor(Math.abs(zone) / 60))}${two(Math.abs(zone) % 60)}`;
  return `${local.toUTCString().slice(0, 3)}, ${Number(day)} ${month} ${year} ${local.toISOString().slice(11, 19)} ${offset}`;
}

let boundaries = 0;

function multipart(kind, parts, parameters = "") {
  const boundary = `=_part_${(++boundaries).toString(36)}_${kind}`;
  const opened = parts.map((part) => Buffer.concat([Buffer.from(`--${boundary}${EOL}`), part, Buffer.from(EOL)]));
  const head = `Content-Type: multipart/${kind}; boundary="${boundary}"${parameters}${EOL}${EOL}`;
  return Buffer.concat([Buffer.from(head), ...opened, Buffer.from(`--${boundary}--${EOL}`)]);
}

function base64Lines(bytes) {
  return bytes.toString("base64").replaceAll(/.{76}(?=.)/g, `$&${EOL}`);
}

function quotedPrintable(bytes) {
  let out = "";
  let line = "";
  const put = (piece) => {
    if (line.length + piece.length > 75) {
      out += `${line}=${EOL}`;
      line = "";
    }
    line += piece;
  };
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    if (byte === 13 && bytes[index + 1] === 10) {
      out += line.replace(/ $/, "=20") + EOL;
      line = "";
      index += 1;
    } else if (byte === 61 || byte < 32 || byte > 126) put(`=${byte.toString(16).toUpperCase().padStart(2, "0")}`);
    else put(String.fromCharCode(byte));
  }
  return out + line;
}

function textPart(subtype, text, charset, encoding, parameters = "") {
  const bytes = encode(text.replaceAll(/\r?\n/g, EOL), charset);
  const ascii = bytes.every((byte) => byte < 128) && !/[^\r\n]{990}/.test(text);
  const transfer = encoding ?? (ascii ? "7bit" : "base64");
  const body = transfer === "base64" ? Buffer.from(base64Lines(bytes)) : transfer === "quoted-printable" ? Buffer.from(quotedPrintable(bytes)) : bytes;
  const head = `Content-Type: text/${subtype}; charset=${charset}${parameters}${EOL}Content-Transfer-Encoding: ${transfer}${EOL}${EOL}`;
  return Buffer.concat([Buffer.from(head), body]);
}

function filePart({ name, type, bytes, cid, inline }) {
  const plain = /^[\x20-\x7e]*$/.test(name);
  // RFC 2231 for those who read it, an encoded word for those who do not.
  const disposition = plain ? `filename="${name}"` : `filename*=UTF-8''${encodeURIComponent(name).replaceAll(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)}`;
  const head = [
    `Content-Type: ${type};${EOL} name="${plain ? name : words(name)}"`,
    "Content-Transfer-Encoding: base64",
    `Content-Disposition: ${inline ? "inline" : "attachment"};${EOL} ${disposition}`,
    ...(cid ? [`Content-ID: <${cid}>`] : []),
  ].join(EOL);
  return Buffer.from(`${head}${EOL}${EOL}${base64Lines(bytes)}`);
}

/**
 * The bytes of one message. Fields: from, to, cc, subject, date, zone, messageId, inReplyTo, references, text, html, charset,
 * encoding (transfer encoding of texts), flowed, attachments and inline (`{ name, type, bytes, cid }`), headers (`[name, value]`).
 */
export function message(fields) {
  const { charset = "utf-8", encoding, zone = 0 } = fields;
  const lines = [
    ["From", addresses(fields.from ?? "someone@example.org", charset)],
    ["To", addresses(fields.to ?? "someone@pismo.test", charset)],
    ...(fields.cc ? [["Cc", addresses(fields.cc, charset)]] : []),
    ...(fields.replyTo ? [["Reply-To", addresses(fields.replyTo, charset)]] : []),
    ["Subject", words(fields.subject ?? "", charset)],
    ["Date", rfc5322Date(fields.date ?? new Date(), zone)],
    ["Message-ID", `<${fields.messageId ?? `${Date.now()}.${Math.random().toString(36).slice(2)}@example.org`}>`],
    ...(fields.inReplyTo ? [["In-Reply-To", `<${fields.inReplyTo}>`]] : []),
    ...(fields.references?.length ? [["References", fields.references.map((id) => `<${id}>`).join(`${EOL} `)]] : []),
    ...(fields.headers ?? []),
    ["MIME-Version", "1.0"],
  ];
  let body = fields.text === undefined && fields.html !== undefined ? null : textPart("plain", fields.text ?? "", charset, encoding, fields.flowed ? "; format=flowed" : "");
  if (fields.html !== undefined) {
    let html = textPart("html", fields.html, charset, encoding);
    if (fields.inline?.length) html = multipart("related", [html, ...fields.inline.map((file) => filePart({ ...file, inline: true }))], `; type="text/html"`);
    body = body ? multipart("alternative", [body, html]) : html;
  }
  if (fields.attachments?.length) body = multipart("mixed", [body, ...fields.attachments.map(filePart)]);
  return Buffer.concat([Buffer.from(lines.map(([name, value]) => `${name}: ${value}${EOL}`).join("")), body]);
}

/** A real PNG: a soft gradient between two colours with a disc in the middle. */
export function png(width, height, [from, to]) {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * (width * 3 + 1) + 1 + x * 3;
      const share = (x / width + y / height) / 2;
      const disc = Math.hypot(x - width / 2, y - height / 2) < Math.min(width, height) / 4;
      for (let channel = 0; channel < 3; channel++) {
        const value = from[channel] + (to[channel] - from[channel]) * share;
        rows[at + channel] = disc ? 255 - (255 - value) / 3 : value;
      }
    }
  }
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body), body.length + 4);
    return out;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), chunk("IHDR", header), chunk("IDAT", zlib.deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

/** A real PDF of one page with a few lines of ASCII. */
export function pdf(lines) {
  const content = `BT /F1 14 Tf 60 760 Td 20 TL ${lines.map((line) => `(${line.replaceAll(/[()\\]/g, "\\$&")}) Tj T*`).join(" ")} ET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let out = "%PDF-1.4\n";
  const offsets = objects.map((object, index) => {
    const offset = out.length;
    out += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  return Buffer.from(`${out}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${out.length}\n%%EOF\n`, "latin1");
}

/** A real ZIP archive, uncompressed. */
export function zip(files) {
  const local = [];
  const central = [];
  let offset = 0;
  for (const { name, bytes } of files) {
    const title = Buffer.from(name, "utf8");
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(0x0800, 2); // the name is UTF-8
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(bytes.length, 14);
    fields.writeUInt32LE(bytes.length, 18);
    fields.writeUInt16LE(title.length, 22);
    local.push(Buffer.from("PK\x03\x04", "latin1"), fields, title, bytes);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    central.push(Buffer.from("PK\x01\x02\x14\x00", "latin1"), fields, place, title);
    offset += 30 + title.length + bytes.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, directory, end]);
}

const CRC = Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

function crc32(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = CRC[(value ^ byte) & 0xff] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
