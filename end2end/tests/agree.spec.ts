// Two tabs and an outside mail program do as they please for a while; at rest all three agree.

import { App, expect, test } from "../fixtures";
import { random } from "../mailserver/seed.mjs";

const ROUNDS = Number(process.env.PISMO_AGREE_ROUNDS || 60);

test("two tabs and an outside client agree after random actions", async ({ visitor, mail, pismo }, testInfo) => {
  test.setTimeout(180_000);
  const seed = Number(process.env.PISMO_SEED || Date.now() % 1_000_000);
  testInfo.annotations.push({ type: "seed", description: String(seed) });
  const dice = random(seed);
  await mail.append("INBOX", ...Array.from({ length: 30 }, (_, index) => ({ subject: `message ${index}` })));
  await visitor.signIn(mail);
  const second = new App(await visitor.page.context().newPage(), pismo.url);
  await second.page.goto(`${pismo.url}/mail/INBOX`);
  await second.live();

  let arrived = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const subjects = await mail.subjects();
    const subject = dice.pick(subjects) ?? "";
    const tab = dice.pick([visitor, second]);
    switch (dice.below(8)) {
      case 0: await mail.deliver({ subject: `arrived ${++arrived}` }); break;
      case 1: await mail.store(subject, "+FLAGS", dice.pick(["\\Seen", "\\Flagged", "\\Answered"])); break;
      case 2: await mail.store(subject, "-FLAGS", dice.pick(["\\Seen", "\\Flagged"])); break;
      case 3: if (subjects.length > 10) await mail.move(subject, dice.pick(["Archive", "Trash"])); break;
      case 4: if (subjects.length > 10) await mail.erase(subject); break;
      default: {
        // The row may go away under the hand; a person would shrug as well.
        const row = tab.messageList.row(subject);
        const flag = row.getByTestId("row-flag");
        await flag.click({ timeout: 2_000 }).catch(() => {});
      }
    }
  }

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
