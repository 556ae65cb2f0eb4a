// Safe to open: who wrote a message, where its links lead, and how to get no more of its kind.

import { expect, test } from "../fixtures";

const PASSED = "mx.pismo.test; dkim=pass header.d=example.org header.s=k; spf=pass smtp.mailfrom=example.org; dmarc=pass header.from=example.org";

test("who is not what they seem is told in plain words, and the address is always there @both", async ({ app, mail, page }) => {
  const warning = page.getByTestId("sender-warning");
  await mail.deliver({ subject: "Plain", from: { name: "Boris", address: "boris@example.org" } });
  await mail.deliver({
    subject: "Tricky",
    from: { name: "\u202ebank@bank.example", address: "thief@paypa1.com" },
    replyTo: "thief@evil.test",
  });
  await app.messageList.open("Plain");
  await expect(app.message.from).toHaveText("Boris <boris@example.org>");
  await expect(warning).toHaveCount(0);
  if (app.isPhone) await page.goBack();

  // The list has the name, and the address for whoever asks.
  const row = app.messageList.row("Tricky");
  await expect(row.getByTestId("row-sender")).toContainText("bank@bank.example");
  await expect(row.getByTestId("row-sender")).toHaveAttribute("title", "thief@paypa1.com");
  await app.messageList.open("Tricky");
  await expect(app.message.from).toHaveText("bank@bank.example <thief@paypa1.com>");
  await expect(page.getByRole("note")).toContainText("Look twice at who wrote this.");
  await expect(warning.locator('[data-reason="looks_like"]')).toHaveText("paypa1.com looks like paypal.com, but is another domain.");
  await expect(warning.locator('[data-reason="other_address"]')).toContainText("it was sent as thief@paypa1.com");
  await expect(warning.locator('[data-reason="replies_elsewhere"]')).toContainText("thief@evil.test");
  await expect(warning.locator("li")).toHaveCount(3);
});

test("what the mail server has checked stands in the details, and what it could not confirm above the text", async ({ app, mail, page }) => {
  const from = { name: "Ana", address: "ana@example.org" };
  await mail.deliver({ subject: "Checked", from, headers: [["Authentication-Results", PASSED]] });
  const failed = "mx.pismo.test; dmarc=fail header.from=example.org";
  await mail.deliver({ subject: "Failed", from, headers: [["Authentication-Results", failed]] });
  const elsewhere = "other.test; dmarc=pass header.from=example.org";
  await mail.deliver({ subject: "Elsewhere", from, headers: [["Authentication-Results", elsewhere]] });

  await app.messageList.open("Checked");
  await page.getByTestId("message-to").click();
  const checks = page.getByTestId("message-checks");
  await expect(checks).toHaveText("mx.pismo.test: signed by example.org (DKIM), sent by a server of example.org (SPF), DMARC passed");
  await expect(page.getByTestId("sender-warning")).toHaveCount(0);
  await app.messageList.open("Failed");
  await expect(page.locator('[data-reason="unproven"]')).toHaveText("mx.pismo.test could not confirm that it really comes from example.org.");
  await app.messageList.open("Elsewhere");
  await page.getByTestId("message-to").click();
  await expect(page.locator(".message-people dl")).toContainText("ana@example.org");
  await expect(checks).toHaveCount(0);
});

test("a link says where it leads, and not who followed it @both", async ({ app, mail, page }) => {
  await mail.deliver({
    subject: "Links",
    html: `<style>span{display:none}</style><p><a id="one" href="https://evil.test/a?utm_source=n&id=7#x">https://bank.example/login</a></p>
      <p><a id="two" href="https://bank.example/?mc_eid=5">www.bank.example</a></p>`,
  });
  await mail.deliver({ subject: "Words", text: "See https://bank.example/x?utm_medium=email&id=7 for more." });
  await app.messageList.open("Links");
  const one = app.message.html.locator("#one");
  await expect(one).toHaveAttribute("href", "https://evil.test/a?id=7#x");
  await expect(one).toHaveAttribute("title", "→ evil.test");
  const signs = app.message.html.getByText("(→ evil.test)");
  await expect(signs).toBeVisible();
  await expect(app.message.html.locator("#two")).toHaveAttribute("href", "https://bank.example/");
  await expect(app.message.html.locator(".pismo-leads")).toHaveCount(1);
  if (app.isPhone) await page.goBack();
  await app.messageList.open("Words");
  const link = app.message.body.getByRole("link");
  await expect(link).toHaveAttribute("href", "https://bank.example/x?id=7");
  await expect(link).toHaveText("https://bank.example/x?utm_medium=email&id=7");
});

test("a list is left after a question, or by a message", async ({ app, mail, page }) => {
  const from = { name: "News", address: "news@example.org" };
  const headers: [string, string][] = [
    ["DKIM-Signature", "v=1; d=example.org; s=k; h=From:List-Unsubscribe:List-Unsubscribe-Post; b=x"],
    // A host of this machine, where no message may send Pismo.
    ["List-Unsubscribe", "<https://localhost/u>, <mailto:leave@example.org?subject=leave%20me>"],
    ["List-Unsubscribe-Post", "List-Unsubscribe=One-Click"],
  ];
  await mail.deliver({ subject: "Proven", from, headers: [["Authentication-Results", PASSED], ...headers] });
  await mail.deliver({ subject: "By message", from, headers: headers.slice(1, 2) });
  await mail.deliver({ subject: "Page", from, headers });
  const button = page.getByTestId("message-unsubscribe");

  await app.messageList.open("Proven");
  await expect(button).toHaveAttribute("data-way", "one_click");
  await button.click();
  const question = page.getByRole("alertdialog");
  await expect(question).toContainText("localhost will be asked to send you no more of this.");
  await app.press("Escape");
  await expect(question).toHaveCount(0);
  await button.click();
  await page.getByTestId("dialog-yes").click();
  await expect(app.toasts.errors).toContainText("localhost did not take the request");

  await app.messageList.open("Page");
  await expect(button).toHaveAttribute("data-way", "page");
  await expect(button).toHaveAttribute("href", "https://localhost/u");
  await expect(button).toHaveAttribute("target", "_blank");

  await app.messageList.open("By message");
  await expect(button).toHaveAttribute("data-way", "message");
  await button.click();
  await expect(app.composer.compose).toContainText("leave@example.org");
  await expect(app.composer.subject).toHaveValue("leave me");
});
