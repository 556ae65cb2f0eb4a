#!/usr/bin/env node
// Fills mailboxes of the test mail server over IMAP, like any mail program would: two people with a year of mail, or folders
// of a given size for benchmarks.
//
//   node seed.mjs --ports BASE --people PASSWORD            anna@pismo.test and boris@pismo.test
//   node seed.mjs --ports BASE --user ADDRESS:PASSWORD --bulk FOLDER:COUNT [--bulk …]

import process from "node:process";
import { pathToFileURL } from "node:url";
import { Imap, quote, utf7 } from "./imap.mjs";
import { ANNA, BORIS, JUNK, LISTS, NOTES, PEOPLE, THREADS } from "./letters.mjs";
import { message, pdf, png, zip } from "./message.mjs";
import { NEWSLETTERS } from "./newsletters.mjs";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const FOLDERS = ["Проекты", "Проекты/2026", "Проекты/Архив 2025", "Lists", "Lists/rust", "Lists/debian", "Работа", "Семья", "Travel"];

/** Numbers that look random and are the same every time (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { next, below: (limit) => Math.floor(next() * limit), pick: (list) => list[Math.floor(next() * list.length)] };
}

/** Fills the mailboxes of the two people. */
export async function seedPeople(port, password) {
  await Promise.all([seedPerson(port, ANNA, BORIS, password, 1), seedPerson(port, BORIS, ANNA, password, 2)]);
}

/** Opens some folders of the two people to each other, and makes one for all. The mail server must have sharing. */
export async function seedShared(port, password) {
  const anna = await Imap.login(port, ANNA.address, password);
  const share = (imap, folder, whom, rights) => imap.command(`SETACL ${quote(utf7(folder))} ${quote(whom)} ${rights}`);
  const board = "public/Доска объявлений";
  await share(anna, "Проекты/2026", BORIS.address, "lrswipkte");
  await anna.command(`CREATE ${quote(utf7(board))}`);
  const notices = [
    [BORIS, "Кофемашина на втором этаже снова работает", "Описание кнопок висит рядом. Зёрна – в шкафу слева."],
    [PEOPLE.helen, "Lost: one blue umbrella", "Last seen on Thursday at the harbour meeting. It has my name on the handle."],
  ];
  const dated = notices.map(([from, subject, text], index) => ({ from, subject, text, date: new Date(Date.now() - (2 - index) * DAY) }));
  await anna.append(board, dated.map((fields, index) => ({ date: fields.date, raw: message({ zone: 180, to: ANNA, messageId: `board.${index}@pismo.test`, ...fields }) })));
  await anna.logout();
  const boris = await Imap.login(port, BORIS.address, password);
  await share(boris, "Travel", ANNA.address, "lrs");
  await share(boris, "Семья", ANNA.address, "lrswi");
  await boris.logout();
}

async function seedPerson(port, me, other, password, seed) {
  const imap = await Imap.login(port, me.address, password);
  for (const folder of FOLDERS) {
    await imap.command(`CREATE ${quote(utf7(folder))}`);
    await imap.command(`SUBSCRIBE ${quote(utf7(folder))}`);
  }
  const mail = year(me, other, random(seed));
  await Promise.all(Object.entries(mail).map(([folder, messages]) => imap.append(folder, messages.sort((a, b) => a.date - b.date))));
  await imap.logout();
}

/** All messages of one person: folder → messages. */
function year(me, other, dice) {
  const now = Date.now();
  const mail = {};
  const put = (folder, fields, flags = []) => {
    (mail[folder] ??= []).push({ raw: message({ zone: 180, ...fields }), flags, date: fields.date });
  };
  let serial = 0;
  const id = () => `${(++serial).toString(36)}.${dice.below(1e9).toString(36)}@${dice.pick(["mail", "mx1", "out"])}.example`;
  // Recent mail is more likely unread.
  const read = (date) => (dice.next() < (now - date < 2 * DAY ? 0.45 : 0.93) ? ["\\Seen"] : []);

  for (const thread of THREADS) {
    const hours = thread.messages.map(({ hours = 0 }) => hours);
    let when = now - thread.ago * HOUR - hours.reduce((sum, each) => sum + each, 0) * HOUR;
    const references = [];
    const persons = new Set();
    thread.messages.forEach(({ who, hours: after = 0, text, attach = [] }, index) => {
      when += after * HOUR;
      const mine = who === "me";
      const from = mine ? me : who === "other" ? other : who;
      if (!mine) persons.add(from);
      const last = index === thread.messages.length - 1;
      const messageId = id();
      const to = mine ? [...persons].slice(0, 1) : [me];
      const answered = thread.messages[index + 1]?.who === "me";
      const flags = mine ? ["\\Seen"] : [...(last && thread.unread ? [] : last ? read(when) : ["\\Seen"]), ...(answered ? ["\\Answered"] : []), ...(last && thread.starred ? ["\\Flagged"] : []), ...(thread.label ? [thread.label] : [])];
      const charset = /^[\x00-\x7f]*$/.test(text) ? "us-ascii" : (thread.charset ?? "utf-8");
      put(mine ? "Sent" : thread.folder, {
        from, to, cc: !mine && persons.size > 1 ? [other] : undefined, subject: (index ? "Re: " : "") + thread.subject,
        charset: thread.charset && charset === "us-ascii" ? "utf-8" : charset === "us-ascii" && /[^\x00-\x7f]/.test(thread.subject) ? "utf-8" : charset,
        date: new Date(when), messageId, inReplyTo: references.at(-1), references: [...references], text,
        attachments: attach.map((name) => file(name, dice)),
      }, flags);
      references.push(messageId);
    });
  }

  for (let index = 0; index < 170; index++) {
    const [from, subject, body, charset] = NOTES[index % NOTES.length];
    const when = now - (index < 8 ? (index * 1.7 + 0.4) * HOUR : (index / 170) ** 1.4 * 360 * DAY + dice.next() * DAY);
    const number = String(1000 + dice.below(9000));
    const statement = subject.startsWith("Выписка") ? [file(`выписка-${number}.pdf`, dice)] : [];
    put(when < now - 120 * DAY && dice.next() < 0.5 ? "Archive" : "INBOX", {
      from, to: me, subject: subject.replaceAll("{n}", number), text: body.replaceAll("{n}", number), charset,
      encoding: charset === "koi8-r" && index % 2 ? "8bit" : undefined, date: new Date(when), messageId: id(), attachments: statement,
    }, [...read(when), ...(dice.next() < 0.04 ? ["\\Flagged"] : []), ...(dice.next() < 0.06 ? ["\\Answered"] : [])]);
  }

  for (let index = 0; index < 36; index++) {
    const { picture, ...fields } = NEWSLETTERS[index % NEWSLETTERS.length](52 - index);
    const when = now - (index * 9.5 * DAY + 3 * HOUR);
    const inline = picture ? [{ name: "picture.png", type: "image/png", cid: picture, bytes: photo(dice) }] : undefined;
    put(index % 5 === 4 ? "Trash" : "INBOX", { ...fields, to: me, date: new Date(when), messageId: id(), inline }, read(when));
  }

  LISTS.forEach(([folder, list, subject, texts], index) => {
    for (let round = 0; round < 4; round++) {
      const references = [];
      let when = now - ((index * 3 + round * 21) * DAY + 5 * HOUR);
      texts.forEach((text, reply) => {
        when += dice.next() * 4 * HOUR;
        const messageId = id();
        put(folder, {
          from: dice.pick([PEOPLE.lars, PEOPLE.oleg, PEOPLE.timur, PEOPLE.helen, { name: "Ferris K.", address: "ferris@crab.example" }, { name: "Дарья Нечаева", address: "dn@example.net" }]),
          to: { name: list, address: `${list}@lists.example` }, subject: `${reply ? "Re: " : ""}[${list}] ${subject}${round ? ` (${round + 1})` : ""}`,
          text: reply ? `On some day somebody wrote:\n${texts[reply - 1].split("\n").slice(0, 3).map((line) => `> ${line}`).join("\n")}\n\n${text}` : text,
          date: new Date(when), messageId, inReplyTo: references.at(-1), references: [...references], headers: [["List-Id", `<${list}.lists.example>`], ["List-Post", `<mailto:${list}@lists.example>`]],
        }, read(when));
        references.push(messageId);
      });
    }
  });

  for (let index = 0; index < 14; index++) {
    const [from, subject, text] = JUNK[index % JUNK.length];
    const number = String(dice.below(9000));
    const when = now - index * 2.2 * DAY - HOUR;
    put("Junk", { from: from.replaceAll("{n}", number), to: me, subject: subject.replaceAll("{n}", number), text: text.replaceAll("{n}", number), date: new Date(when), messageId: id() }, index < 3 ? [] : ["\\Seen"]);
  }

  for (let index = 0; index < 24; index++) {
    const [to, subject, body] = dice.pick(NOTES.slice(9));
    put("Sent", { from: me, to, cc: index % 6 === 0 ? [other, PEOPLE.kate] : undefined, subject: `Re: ${subject.replaceAll("{n}", String(dice.below(90)))}`, text: `Спасибо, получено!\n\n${body.split("\n").map((line) => `> ${line}`).join("\n").replaceAll("{n}", "7")}`, date: new Date(now - index * 6.3 * DAY - 2 * HOUR), messageId: id() }, ["\\Seen"]);
  }
  for (let index = 0; index < 12; index++) {
    put("Travel", { from: { name: "Fjord Ferries", address: "tickets@fjord-ferries.example" }, to: me, subject: `Ticket F-${4000 + index * 7}: pier ${1 + (index % 6)}`, text: "Your ticket is attached. Have a pleasant crossing!", date: new Date(now - index * 23 * DAY - 5 * HOUR), messageId: id(), attachments: [file(`ticket-${4000 + index * 7}.pdf`, dice)] }, ["\\Seen"]);
    put("Проекты/Архив 2025", { from: PEOPLE.marina, to: me, subject: `Каталог 2025, полоса ${index + 1}`, text: "Полоса готова, посмотри при случае.", date: new Date(now - (index * 5 + 300) * DAY), messageId: id(), attachments: index % 3 ? [] : [file(`полоса ${index + 1}.png`, dice)] }, ["\\Seen"]);
  }
  for (const [index, [subject, text]] of [["Биография для программы", "Анна Соколова рисует маяки и пишет"], ["Re: Harbour festival: stage plan", "I can pick up the life jackets on"], ["", "Купить: банки, крышки, батарейки"]].entries()) {
    put("Drafts", { from: me, to: index === 1 ? PEOPLE.james : [], subject, text, date: new Date(now - (index + 1) * 20 * HOUR), messageId: id() }, ["\\Draft", "\\Seen"]);
  }
  return mail;
}

function photo(dice) {
  const colour = () => [dice.below(200), 60 + dice.below(160), 80 + dice.below(170)];
  return png(320, 180, [colour(), colour()]);
}

/** An attachment that opens in the program its name promises. */
function file(name, dice) {
  switch (name.split(".").at(-1)) {
    case "png": return { name, type: "image/png", bytes: photo(dice) };
    case "pdf": return { name, type: "application/pdf", bytes: pdf(["Pismo demo document", `Number ${dice.below(10_000)}`, "", "Nothing in here is real."]) };
    case "zip": return { name, type: "application/zip", bytes: zip([{ name: "прочти.txt", bytes: Buffer.from("Фотографии по дням.\n") }, { name: "day-1.png", bytes: photo(dice) }]) };
    case "csv": return { name, type: "text/csv; charset=utf-8", bytes: Buffer.from("статья;сумма\nпечать;84000\nдоставка;6200\nрезерв;9000\n") };
    default: return { name, type: "text/plain; charset=utf-8", bytes: Buffer.from("Приложение к письму.\nAn attachment in plain text.\n") };
  }
}

/** Makes one folder of `count` short messages, one minute apart, the last one a minute ago. */
export async function seedBulk(port, address, password, folder, count) {
  const imap = await Imap.login(port, address, password);
  if (folder !== "INBOX") await imap.command(`CREATE ${quote(utf7(folder))}`).catch(() => {});
  const people = Object.values(PEOPLE);
  const dice = random(count);
  const now = Date.now();
  const size = 500;
  const waiting = [];
  for (let from = 0; from < count; from += size) {
    const messages = Array.from({ length: Math.min(size, count - from) }, (_, offset) => {
      const index = from + offset;
      const note = NOTES[index % NOTES.length];
      const date = new Date(now - (count - index) * 60_000);
      const number = String(index);
      return {
        raw: message({ from: dice.pick(people), to: address, subject: `${note[1].replaceAll("{n}", number)} · ${number}`, text: note[2].replaceAll("{n}", number), date, messageId: `bulk.${count}.${index}@example.org` }),
        flags: dice.next() < 0.8 ? ["\\Seen"] : dice.next() < 0.1 ? ["\\Flagged"] : [],
        date,
      };
    });
    waiting.push(imap.append(folder, messages));
    if (waiting.length > 2) await waiting.shift();
  }
  await Promise.all(waiting);
  await imap.logout();
}

async function main(args) {
  const all = (name) => args.flatMap((argument, index) => (argument === name && args[index + 1] ? [args[index + 1]] : []));
  const port = Number(all("--ports")[0]);
  if (!port) throw new Error("--ports BASE is needed.");
  for (const password of all("--people")) await seedPeople(port, password);
  const [address, password] = (all("--user")[0] ?? "").split(":");
  for (const [folder, count] of all("--bulk").map((text) => text.split(":"))) await seedBulk(port, address, password, folder, Number(count));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main(process.argv.slice(2));
