// Mail from another account or from files: set up, seen working, stopped, and gone on with.

import { expect, test } from "../fixtures";

test("mail is brought from another account, and what is new comes after it @both", async ({ visitor, mail, pismo, page, problems }) => {
  // A wrong password is one.
  problems.expect(/401/);
  const old = await mail.another("old");
  await old.createFolder("Поездки");
  await old.append("INBOX", ...Array.from({ length: 25 }, (_, index) => ({ subject: `Letter ${index}`, text: "x" })));
  await old.append("Поездки", { subject: "Tickets", text: "x", flags: ["\\Seen", "\\Flagged"], date: new Date("2019-05-03T10:00:00Z") });
  await visitor.signIn(mail);
  if (visitor.isPhone) await page.goto(`${visitor.url}/collectors`);
  else {
    await page.getByTestId("settings-open").click();
    await page.getByTestId("collectors-open").click();
  }
  await page.getByTestId("collector-add").click();
  await page.getByTestId("collector-address").fill(old.address);
  await page.getByTestId("collector-password").fill("wrong");
  await page.locator("summary").click();
  await page.getByTestId("collector-server").fill(`imap+insecure://127.0.0.1:${pismo.mail.imap}`);
  await page.getByTestId("collector-save").click();
  await expect(page.getByTestId("collector-error")).toBeVisible();
  await page.getByTestId("collector-password").fill(old.password);
  await page.getByTestId("collector-save").click();

  // The page moves by itself.
  const collector = page.getByTestId("collector");
  await expect(collector).toHaveAttribute("data-copied", "26");
  await expect(collector).toHaveAttribute("data-total", "26");
  await expect(collector).toHaveAttribute("data-state", "idle");
  await expect(page.getByTestId("collector-report")).toContainText("26");

  await old.deliver({ subject: "Fresh" });
  await page.getByTestId("collector-run").click();
  await expect(collector).toHaveAttribute("data-copied", "27");

  await page.getByTestId("collector-pause").click();
  await expect(collector).toHaveAttribute("data-state", "paused");

  await page.getByRole("link", { name: /Back/ }).click();
  await visitor.live();
  await visitor.messageList.expectTotal(26);
  await visitor.mailboxList.open("Поездки");
  await expect(visitor.messageList.row("Tickets")).toHaveAttribute("data-flagged", "true");
  await expect(visitor.messageList.row("Tickets").getByTestId("row-date")).toContainText("2019");
  await old.close();
});

const MBOX = [
  "From MAILER-DAEMON Fri May  3 10:00:00 2019\nStatus: RO\nX-Status: F\nSubject: Tickets\n\n>From here\n\n",
  "From MAILER-DAEMON Sat May  4 10:00:00 2019\nSubject: Hotel\n\nA room.\n\n",
].join("");

test("a file with mail is given to a folder, looked at, and brought @both", async ({ visitor, mail, page }) => {
  await mail.createFolder("Поездки");
  await visitor.signIn(mail);
  if (visitor.isPhone) {
    await page.goto(`${visitor.url}/collectors/files?prefix=${encodeURIComponent("Поездки")}`);
    await page.getByTestId("collector-files").setInputFiles({ name: "Trips.mbox", mimeType: "application/mbox", buffer: Buffer.from(MBOX) });
    await page.getByTestId("collector-look").click();
  } else {
    const files = await page.evaluateHandle((text) => {
      const data = new DataTransfer();
      data.items.add(new File([text], "Trips.mbox"));
      return data;
    }, MBOX);
    const folder = page.locator('[data-testid="mailbox"][data-path="Поездки"]');
    await folder.dispatchEvent("dragover", { dataTransfer: files });
    await folder.dispatchEvent("drop", { dataTransfer: files });
  }
  const collector = page.getByTestId("collector");
  await expect(page.getByTestId("collector-plan")).toContainText("2");
  await expect(collector).toHaveAttribute("data-state", "paused");
  await page.getByTestId("collector-run").click();
  await expect(collector).toHaveAttribute("data-state", "done");
  await expect(page.getByTestId("collector-report")).toContainText("2");

  await page.getByRole("link", { name: /Back/ }).click();
  await visitor.live();
  await visitor.mailboxList.open("Поездки");
  await visitor.messageList.expectTotal(2);
  await expect(visitor.messageList.row("Tickets")).toHaveAttribute("data-flagged", "true");
  await expect(visitor.messageList.row("Tickets").getByTestId("row-date")).toContainText("2019");
  await visitor.messageList.row("Tickets").click();
  await expect(page.getByTestId("message-body")).toContainText("From here");
});

test("an account is looked at before anything is brought, and its settings are kept @desktop", async ({ visitor, mail, pismo, page }) => {
  const old = await mail.another("old");
  await old.createFolder("Поездки");
  await old.append("Поездки", { subject: "Tickets", text: "x" });
  await visitor.signIn(mail);
  await page.goto(`${visitor.url}/collectors/add`);
  await page.getByTestId("collector-address").fill(old.address);
  await page.getByTestId("collector-password").fill(old.password);
  await page.getByTestId("collector-prefix").fill("Old");
  await page.locator("summary").click();
  await page.getByTestId("collector-server").fill(`imap+insecure://127.0.0.1:${pismo.mail.imap}`);
  await page.getByTestId("collector-look").click();
  await expect(page.getByTestId("collector-plan")).toContainText("1 message");
  await page.getByTestId("collector-options").click();
  await page.getByTestId("collector-minutes").fill("90");
  await page.getByTestId("collector-follow-flags").uncheck();
  await page.getByTestId("collector-options-save").click();
  await page.getByTestId("collector-options").click();
  await expect(page.getByTestId("collector-minutes")).toHaveValue("90");
  await expect(page.getByTestId("collector-follow-flags")).not.toBeChecked();
  await page.getByTestId("collector-run").click();
  await expect(page.getByTestId("collector")).toHaveAttribute("data-copied", "1");
  await old.close();
});

test("what is deleted there goes into Trash here, and much at once waits for a word @both", async ({ visitor, mail, pismo, page }) => {
  const old = await mail.another("old");
  await old.append("INBOX", ...Array.from({ length: 20 }, (_, index) => ({ subject: `Letter ${index}`, text: "x" })));
  await visitor.signIn(mail);
  await page.goto(`${visitor.url}/collectors/add`);
  await page.getByTestId("collector-address").fill(old.address);
  await page.getByTestId("collector-password").fill(old.password);
  await page.locator("summary").click();
  await page.getByTestId("collector-server").fill(`imap+insecure://127.0.0.1:${pismo.mail.imap}`);
  await page.getByTestId("collector-save").click();
  const collector = page.getByTestId("collector");
  await expect(collector).toHaveAttribute("data-copied", "20");
  await expect(collector).toHaveAttribute("data-state", "idle");
  await page.getByTestId("collector-options").click();
  await page.getByTestId("collector-follow-gone").check();
  await page.getByTestId("collector-options-save").click();
  await expect(page.getByTestId("collector-follow-gone")).toBeChecked();

  for (let index = 0; index < 15; index++) await old.erase(`Letter ${index}`);
  // One run finds out, and the next one acts on it.
  await page.getByTestId("collector-run").click();
  const question = page.getByTestId("collector-gone");
  await expect(question).toContainText("15 messages");
  await page.getByTestId("collector-gone-trash").click();
  await expect(question).toBeHidden();
  await expect(collector).toHaveAttribute("data-state", "idle");
  await page.getByRole("link", { name: /Back/ }).click();
  await visitor.live();
  await visitor.messageList.expectTotal(5);
  await visitor.mailboxList.open("Trash");
  await visitor.messageList.expectTotal(15);
  await old.close();
});
