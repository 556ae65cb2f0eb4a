// Part 5: what happens elsewhere appears here by itself.

import { App, PASSWORD, expect, test } from "../fixtures";

test("new mail appears @both", async ({ app, mail }) => {
  await mail.deliver({ subject: "Just arrived" });
  await expect(app.messageList.at(0)).toContainText("Just arrived");
  await app.mailboxList.expectUnseen("INBOX", 1);
});

test("a flag set by another program appears", async ({ visitor, mail }) => {
  await mail.append("INBOX", { subject: "Watched" });
  await visitor.signIn(mail);
  await mail.store("Watched", "+FLAGS", "\\Seen \\Flagged");
  await visitor.messageList.expectSeen("Watched", true);
  await visitor.messageList.expectFlagged("Watched", true);
  await visitor.mailboxList.expectUnseen("INBOX", 0);
  await mail.store("Watched", "-FLAGS", "\\Seen");
  await visitor.messageList.expectSeen("Watched", false);
  await visitor.mailboxList.expectUnseen("INBOX", 1);
});

test("messages moved or erased by another program go away", async ({ visitor, mail }) => {
  await mail.append("INBOX", { subject: "Stays" }, { subject: "Moves" }, { subject: "Erased" });
  await visitor.signIn(mail);
  await mail.move("Moves", "Archive");
  await expect(visitor.messageList.row("Moves")).toHaveCount(0);
  await mail.erase("Erased");
  await expect(visitor.messageList.row("Erased")).toHaveCount(0);
  await expect(visitor.messageList.row("Stays")).toBeVisible();
  await visitor.messageList.expectTotal(1);
  await expect(visitor.mailboxList.mailbox("Archive")).toHaveAttribute("data-total", "1");
});

test("unread counts of folders that are not open change too", async ({ visitor, mail }) => {
  await mail.createFolder("Работа");
  await mail.append("Работа", { subject: "Later", flags: ["\\Seen"] });
  await visitor.signIn(mail);
  await mail.append("Работа", { subject: "Now" });
  await visitor.mailboxList.expectUnseen("Работа", 1);
  await mail.store("Now", "+FLAGS", "\\Seen", "Работа");
  await visitor.mailboxList.expectUnseen("Работа", 0);
});

test("what one tab does the other shows", async ({ visitor, mail, pismo }) => {
  await mail.append("INBOX", { subject: "Seen by two" });
  await visitor.signIn(mail);
  const other = new App(await visitor.page.context().newPage(), pismo.url);
  await other.page.goto(`${pismo.url}/mail/INBOX`);
  await other.live();
  await visitor.messageList.row("Seen by two").getByTestId("row-flag").click();
  await other.messageList.expectFlagged("Seen by two", true);
});

test("the line drops: the page says so, keeps what is done, and catches up", async ({ visitor, mail, problems }) => {
  problems.expect(/ERR_INTERNET_DISCONNECTED|WebSocket/);
  await mail.append("INBOX", { subject: "Star me offline" });
  await visitor.signIn(mail);
  await visitor.offline(true);
  await expect(visitor.connectionState).not.toHaveAttribute("data-state", "live", { timeout: 45_000 });
  await visitor.messageList.row("Star me offline").getByTestId("row-flag").click();
  await visitor.messageList.expectFlagged("Star me offline", true);
  await mail.deliver({ subject: "Came meanwhile" });
  expect(await mail.flags("Star me offline")).toEqual([]);
  await visitor.offline(false);
  await visitor.live();
  await expect(visitor.messageList.row("Came meanwhile")).toBeVisible();
  await expect.poll(() => mail.flags("Star me offline")).toContain("\\Flagged");
  await visitor.messageList.expectFlagged("Star me offline", true);
});

test("a login that ends while the line is down leads to the form, and what was written is still there", async ({ app, mail, pismo, playwright, problems }) => {
  problems.expect(/ERR_INTERNET_DISCONNECTED|WebSocket/);
  const cookies = await app.page.context().cookies();
  await app.offline(true);
  await expect(app.connectionState).not.toHaveAttribute("data-state", "live", { timeout: 45_000 });
  await app.composer.open();
  await app.composer.fill({ subject: "Written on a train", body: "Half a sentence" });
  const elsewhere = await playwright.request.newContext({
    extraHTTPHeaders: { Cookie: cookies.map(({ name, value }) => `${name}=${value}`).join("; "), Origin: pismo.url },
  });
  expect((await elsewhere.post(`${pismo.url}/logout`, { maxRedirects: 0 })).status()).toBe(303);
  await elsewhere.dispose();
  await app.offline(false);
  await expect(app.login.address).toBeVisible();
  await app.login.signIn(mail.address, PASSWORD);
  await app.live();
  await expect(app.composer.subject).toHaveValue("Written on a train");
  await expect(app.composer.body).toHaveValue("Half a sentence");
});

test("catching up keeps the place in the list and the selection", async ({ visitor, mail, problems }) => {
  problems.expect(/ERR_INTERNET_DISCONNECTED|WebSocket/);
  await mail.fill("Many", 500);
  await visitor.signIn(mail);
  await visitor.mailboxList.open("Many");
  await visitor.messageList.scrollTo(250);
  const kept = visitor.messageList.at(250);
  const subject = (await kept.getByTestId("row-subject").textContent())?.trim() ?? "";
  await kept.getByTestId("row-select").click();
  await visitor.offline(true);
  await expect(visitor.connectionState).not.toHaveAttribute("data-state", "live", { timeout: 45_000 });
  await visitor.offline(false);
  await visitor.live();
  await expect(visitor.messageList.row(subject)).toBeVisible();
  await expect(visitor.messageList.row(subject)).toHaveAttribute("aria-selected", "true");
});

test("new mail does not move the rows under the reader's eyes", async ({ visitor, mail }) => {
  await mail.fill("Many", 500);
  await visitor.signIn(mail);
  await visitor.mailboxList.open("Many");
  await visitor.messageList.scrollTo(200);
  const subject = (await visitor.messageList.at(200).getByTestId("row-subject").textContent())?.trim() ?? "";
  const before = await visitor.messageList.row(subject).boundingBox();
  await mail.append("Many", { subject: "Newest of all" });
  await visitor.messageList.expectTotal(501);
  await expect(visitor.messageList.row(subject)).toHaveAttribute("data-position", "201");
  const after = await visitor.messageList.row(subject).boundingBox();
  expect(Math.abs((after?.y ?? 0) - (before?.y ?? 0))).toBeLessThan(3);
});
