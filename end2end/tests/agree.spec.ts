// Two tabs and an outside mail program do as they please for a while; at rest all three agree.

import { App, expect, test } from "../fixtures";
import { random } from "../mailserver/seed.mjs";

/** How long they do. */
const SECONDS = Number(process.env.PISMO_AGREE_SECONDS || 60);

test("two tabs and an outside client agree after a minute of random actions", async ({ visitor, mail, pismo }, testInfo) => {
  test.setTimeout((SECONDS + 120) * 1000);
  const seed = Number(process.env.PISMO_SEED || Date.now() % 1_000_000);
  testInfo.annotations.push({ type: "seed", description: String(seed) });
  await mail.append("INBOX", ...Array.from({ length: 30 }, (_, index) => ({ subject: `message ${index}` })));
  await visitor.signIn(mail);
  const second = new App(await visitor.page.context().newPage(), pismo.url);
  await second.page.goto(`${pismo.url}/mail/INBOX`);
  await second.live();

  const end = Date.now() + SECONDS * 1000;
  let done = 0;
  let arrived = 0;

  async function outsideOnce(dice: ReturnType<typeof random>) {
    const subjects = await mail.subjects();
    const subject = dice.pick(subjects) ?? "";
    const enough = subjects.length > 15;
    switch (dice.below(5)) {
      case 0: return mail.deliver({ subject: `arrived ${++arrived}` });
      case 1: return mail.store(subject, "+FLAGS", dice.pick(["\\Seen", "\\Flagged", "\\Answered"]));
      case 2: return mail.store(subject, "-FLAGS", dice.pick(["\\Seen", "\\Flagged"]));
      case 3: return enough ? mail.move(subject, dice.pick(["Archive", "Trash"])) : undefined;
      default: return enough ? mail.erase(subject) : undefined;
    }
  }

  async function outside() {
    const dice = random(seed);
    while (Date.now() < end) {
      // A tab may have moved the message away meanwhile; nothing else may go wrong.
      await outsideOnce(dice).catch((error: Error) => {
        if (!error.message.startsWith("no message ")) throw error;
      });
      done += 1;
      await visitor.page.waitForTimeout(dice.below(300));
    }
  }

  async function inTab(tab: App, dice: ReturnType<typeof random>) {
    while (Date.now() < end) {
      const row = tab.messageList.rows.nth(dice.below(12));
      const flag = row.getByTestId("row-flag");
      // The row may go away under the hand; a person would shrug as well.
      await flag.click({ timeout: 1_000 }).then(() => { done += 1; }, () => {});
      if (dice.below(4) === 0) {
        // Opening marks it read; then it goes to Archive, and now and then comes back.
        await row.getByTestId("row-subject").click({ timeout: 1_000 }).then(() => { done += 1; }, () => {});
        if ((await tab.messageList.rows.count()) > 15 && dice.below(2) === 0) {
          await tab.press("e");
          if (dice.below(2) === 0) await tab.press("z");
        }
      }
      await tab.page.waitForTimeout(dice.below(200));
    }
    await tab.page.goto(`${pismo.url}/mail/INBOX`);
    await tab.live();
  }

  await Promise.all([outside(), inTab(visitor, random(seed + 1)), inTab(second, random(seed + 2))]);
  expect(done, "they were not idle").toBeGreaterThan(SECONDS);

  const truth = async () => (await mail.list()).map(({ subject, flags }) => `${subject} ${flags.includes("\\Seen")} ${flags.includes("\\Flagged")} ${flags.includes("\\Answered")}`).sort();
  for (const app of [visitor, second]) {
    const shown = () => app.messageList.rows.evaluateAll((rows) => rows.map((row) => `${row.querySelector('[data-testid="row-subject"]')?.textContent?.trim()} ${row.getAttribute("data-seen")} ${row.getAttribute("data-flagged")} ${row.getAttribute("data-answered")}`).sort());
    await expect.poll(async () => {
      const [expected, actual] = await Promise.all([truth(), shown()]);
      // Rows out of sight may not be in the document; those that are must be true.
      return actual.length > 0 && actual.every((row) => expected.includes(row)) ? "agree" : `seed ${seed}: ${JSON.stringify({ expected, actual })}`;
    }).toBe("agree");
    await app.messageList.expectTotal((await mail.list()).length);
    await app.mailboxList.expectUnseen("INBOX", (await mail.list()).filter(({ flags }) => !flags.includes("\\Seen")).length);
  }
});
