// Messages as real programs write them are answered and passed on; what came of it is read by another program. See end2end/rounds.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect, test, type App, PASSWORD } from "../fixtures";

const ROUNDS = path.resolve(import.meta.dirname, "../rounds");
/** What a message is expected to become; rounds/letter.py writes it. */
type Expected = { name: string; file: string; subject: string; reply: string; forward: string; formatted: boolean };

/** All of them for a release; else those that `messages.py` counts among the few. */
const WHICH = process.env.PISMO_ROUNDS === "all" ? [] : ["--few"];

test("text, pictures and files survive an answer and a forward", async ({ visitor: app, mail, pismo, problems }, testInfo) => {
  // The recorder of traces asks for pictures again that the browser holds no more; the editor's policy lets nobody do so.
  problems.expect(/Connecting to 'blob:null/);
  test.setTimeout(300_000);
  const friend = await mail.another("friend");
  const folder = testInfo.outputPath("rounds");
  python("messages.py", folder, "--me", mail.address, "--friend", friend.address, "--seed", process.env.PISMO_SEED ?? "1", ...WHICH);
  const letters: Expected[] = JSON.parse(fs.readFileSync(path.join(folder, "expected.json"), "utf8"));
  for (const { file } of letters) await mail.deliverRaw(fs.readFileSync(path.join(folder, file)));
  await app.signIn(mail);
  await app.messageList.expectTotal(letters.length);

  // The newest is on top.
  await app.messageList.rows.first().click();
  for (const [at, letter] of letters.toReversed().entries()) {
    if (at > 0) await app.press("j");
    await expect(app.message.subject).toHaveText(letter.subject);
    await app.message.act("reply");
    await expect(app.composer.subject).toHaveValue(letter.reply);
    await writeAndSend(app, letter, `Answered ${letter.name}`);
    await app.message.act("forward");
    await expect(app.composer.subject).toHaveValue(letter.forward);
    await app.composer.fill({ to: friend.address });
    await writeAndSend(app, letter, `Forwarded ${letter.name}`);
  }

  await expect.poll(async () => (await friend.list()).length, { timeout: 60_000 }).toBe(letters.length * 2);
  console.log(python("check.py", folder, "--port", String(pismo.mail.imap), "--user", friend.address, "--password", PASSWORD));
  await friend.close();
});

/** Adds a line at the top and sends. */
async function writeAndSend(app: App, letter: Expected, line: string): Promise<void> {
  const { composer, page } = app;
  const text = letter.formatted ? composer.text : composer.body;
  if (letter.formatted) {
    await expect(text).toHaveAttribute("contenteditable", "true");
    // Pictures that were written out in the HTML go to the server first.
    await expect(text.locator("img[data-key]")).toHaveCount(0);
  }
  await text.press("Control+Home");
  await page.keyboard.insertText(line);
  // Not with the keyboard: what is pressed in a frame that goes away may never be answered.
  await composer.send();
  await expect(composer.compose).toBeHidden();
}

/** Runs a program of rounds; what it finds wrong fails the test. */
function python(program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync("python3", [path.join(ROUNDS, program), ...args], { encoding: "utf8", maxBuffer: 1 << 26 });
  expect(status, `${program}:\n${stdout}${stderr}`).toBe(0);
  return stdout;
}
