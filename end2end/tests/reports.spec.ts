// Part 9: what comes back about what was sent, and telling that something was read.

import { expect, test } from "../fixtures";

test("a message that came back says so, and that another was read is told by the reader's word @both", async ({ app, mail, page }) => {
  const friend = await mail.another("friend");
  const nobody = await mail.another("bounces");
  await mail.deliver({
    subject: "Please read",
    from: friend.address,
    headers: [["Disposition-Notification-To", `Friend <${friend.address}>`], ["X-Priority", "1 (Highest)"]],
  });
  await app.messageList.open("Please read");
  await expect(page.getByTestId("message-important")).toContainText("High priority");
  const bar = page.getByTestId("receipt-ask");
  await expect(bar).toContainText(`Friend <${friend.address}> would like to know`);
  expect(await friend.subjects()).toEqual([]);
  await page.getByTestId("receipt-send").click();
  await expect(bar).toBeHidden();
  await expect.poll(() => friend.subjects(), { timeout: 30_000 }).toEqual(["Read: Please read"]);
  expect(await friend.source("Read: Please read")).toContain("MDN-sent-manually; displayed");
  expect(await mail.flags("Please read")).toContain("$MDNSent");
  await app.reload();
  await expect(app.message.subject).toHaveText("Please read");
  await expect(bar).toHaveCount(0);
  await page.goto(`${app.url}/mail/INBOX`);
  await app.live();

  // What is asked for is kept with the draft, by the keyboard as well.
  await app.composer.open();
  await app.composer.fill({ to: nobody.address, subject: "To nobody", body: "Hello?" });
  const options = page.getByTestId("compose-options");
  await options.click();
  const receipt = page.getByTestId("option-receipt");
  await expect(receipt).toBeFocused();
  await app.press("Enter");
  await expect(receipt).toHaveAttribute("aria-checked", "true");
  await expect(page.getByTestId("option-delivery")).toHaveAttribute("aria-checked", "false");
  const high = page.locator('[data-testid="option-priority"][data-value="high"]');
  await high.click();
  await expect(high).toHaveAttribute("aria-checked", "true");
  await app.press("Escape");
  await expect(receipt).toHaveCount(0);
  await expect(options).toHaveAttribute("data-on", "true");
  await app.composer.saved();
  await app.composer.sendAndWait();

  // It comes back, and the outbox knows before anybody opens the report.
  await expect(app.toasts.errors.filter({ hasText: "A message did not arrive" })).toContainText("To nobody", { timeout: 30_000 });
  const sent = await mail.source("To nobody", "Sent");
  expect(sent).toContain("Disposition-Notification-To: ");
  expect(sent).toContain("Importance: high");
  await app.messageList.open("Undelivered Mail Returned to Sender");
  const card = page.getByTestId("report-card");
  await expect(card).toHaveAttribute("data-fate", "failed");
  await expect(card).toContainText("About your message “To nobody”");
  await expect(card).toContainText(nobody.address);
  await expect(card).toContainText("There is no such mailbox");
  await page.getByTestId("report-again").click();
  await expect(app.composer.subject).toHaveValue("To nobody");
  await options.click();
  await expect(high).toHaveAttribute("aria-checked", "true");
  await app.press("Escape");
  await app.composer.close();
  await page.getByTestId("report-sent").click();
  await expect(app.message.subject).toHaveText("To nobody");
  await friend.close();
});
