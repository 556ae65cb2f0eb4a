// Hostile pieces of text, and the messages that have one of them in every place where a message holds text.

import fs from "node:fs";
import path from "node:path";

/** One message, and of which payload it was made. */
export type Letter = { payload: string; raw: Buffer };

/** All payloads of a folder or a file: of `.eml` the whole is one, of `.txt` each line, of any other file all that is in it. */
export function payloads(from: string): { name: string; text: Buffer; whole: boolean }[] {
  if (fs.statSync(from).isDirectory()) {
    return fs.readdirSync(from).sort().flatMap((name) => payloads(path.join(from, name)));
  }
  const bytes = fs.readFileSync(from);
  const name = path.basename(from);
  if (name.endsWith(".eml")) return [{ name, text: bytes, whole: true }];
  if (!name.endsWith(".txt")) return [{ name, text: bytes, whole: false }];
  const lines = bytes.toString("latin1").split("\n").filter((line) => line !== "");
  return lines.map((line, number) => ({ name: `${name}:${number + 1}`, text: Buffer.from(line, "latin1"), whole: false }));
}

/** A piece of text as a folder's name: its beginning, without what divides folders or is no character of a name. */
export const folderName = ({ text }: { text: Buffer }) => text.toString("latin1").replace(/[^ -~]|[/.%*]/g, "").trim().slice(0, 80);

/** In words of RFC 2047, so that whatever it is comes out as it was. */
function word(text: Buffer): string {
  const words = [];
  for (let start = 0; start < text.length; start += 42) words.push(`=?utf-8?B?${text.subarray(start, start + 42).toString("base64")}?=`);
  return words.join("\r\n ") || '""';
}

const base64 = (text: Buffer | string) => Buffer.from(text).toString("base64").replace(/(.{76})/g, "$1\r\n");

/** As the value of a field of iCalendar or vCard: without line ends. */
const inLine = (text: Buffer) => text.toString("utf8").replace(/[\r\n]/g, " ");

/** The messages of one payload: as HTML and as plain text, and in both in twelve more places. */
export function letters({ name, text, whole }: ReturnType<typeof payloads>[number], to: string): Letter[] {
  if (whole) return [{ payload: name, raw: text }];
  const short = text.subarray(0, 300);
  const percent = [...short].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  const plain = inLine(short).replace(/[^\x20-\x7e]/g, "?");
  return (["html", "plain"] as const).map((kind) => ({
    payload: `${name} as ${kind}`,
    raw: Buffer.from(
      [
        `From: ${word(short)} <sender@example.org>`,
        `To: ${word(short)} <${to}>`,
        `Cc: ${word(short)} <other@example.org>`,
        `Reply-To: ${word(short)} <answers@example.org>`,
        `Subject: ${word(short)}`,
        `Message-ID: <${Math.random()}@example.org>`,
        `List-Id: ${plain} <list.example.org>`,
        `List-Unsubscribe: <https://unsubscribe.invalid/?${percent}>`,
        `Comments: ${plain}`,
        "MIME-Version: 1.0",
        "Content-Type: multipart/mixed; boundary=outer",
        "",
        "--outer",
        `Content-Type: text/${kind}; charset=utf-8`,
        "Content-Transfer-Encoding: base64",
        "",
        base64(text),
        "--outer",
        `Content-Type: application/x-${plain.replace(/[^a-z0-9]/gi, "").slice(0, 30) || "none"}; name*=utf-8''${percent}`,
        `Content-Disposition: attachment; filename*=utf-8''${percent}`,
        "",
        "file",
        "--outer",
        "Content-Type: text/html; name=page.html",
        "Content-Disposition: attachment; filename=page.html",
        "Content-Transfer-Encoding: base64",
        "",
        base64(text),
        "--outer",
        "Content-Type: text/calendar; method=REQUEST; charset=utf-8",
        "Content-Transfer-Encoding: base64",
        "",
        base64(`BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1@x\r\nDTSTAMP:20261123T100000Z\r\nDTSTART:20261124T100000Z\r\nSUMMARY:${inLine(short)}\r\nLOCATION:${inLine(short)}\r\nDESCRIPTION:${inLine(short)}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`),
        "--outer",
        "Content-Type: text/vcard; charset=utf-8; name=card.vcf",
        "Content-Disposition: attachment; filename=card.vcf",
        "Content-Transfer-Encoding: base64",
        "",
        base64(`BEGIN:VCARD\r\nVERSION:4.0\r\nFN:${inLine(short)}\r\nNOTE:${inLine(short)}\r\nEND:VCARD\r\n`),
        "--outer--",
        "",
      ].join("\r\n"),
    ),
  }));
}
