// Mail from another account: set up, seen working, stopped, and gone on with.

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
