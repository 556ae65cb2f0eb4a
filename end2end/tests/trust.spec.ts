import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures";

/** What becomes of each of these texts as HTML: how many elements, or why none. */
const made = (page: Page, texts: string[]) => page.evaluate((texts) => texts.map((html) => {
  const element = document.createElement("div");
  try {
    element.innerHTML = html;
    return element.childElementCount;
  } catch (error) {
    return (error as Error).name;
  }
}), texts);

test("no text becomes an element that could run anything", async ({ visitor, mail, problems }) => {
  problems.expect(/Trusted/);
  await mail.deliver({ subject: "Hello", text: "Nothing" });
  await visitor.signIn(mail);
  await visitor.messageList.expectTotal(1);
  expect(await made(visitor.page, ["<b class=one>two</b>"])).toEqual([1]);
  const hostile = ["<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "<b title='x'onclick=alert(1)>", "<script>alert(1)</script>", "<iframe src=/></iframe>", "<a href='JavaScript:alert(1)'>x</a>", "<form action=/logout>"];
  expect(await made(visitor.page, hostile)).toEqual(hostile.map(() => "TypeError"));
  const others = await visitor.page.evaluate(() => {
    const tried = (what: () => unknown) => {
      try {
        return what() ?? "done";
      } catch (error) {
        return (error as Error).name;
      }
    };
    const script = document.createElement("script");
    return [
      tried(() => { script.text = "window.ran = true"; document.head.append(script); }),
      tried(() => trustedTypes.createPolicy("other", { createHTML: (html) => html })),
      (window as never as { ran?: boolean }).ran ?? false,
    ];
  });
  expect(others).toEqual(["TypeError", "TypeError", false]);
});

test("on the page that follows collectors no text becomes an element at all", async ({ visitor, mail, page, problems }) => {
  problems.expect(/Trusted/);
  await visitor.signIn(mail);
  await page.goto(`${visitor.url}/collectors`);
  // Its script has run.
  await page.waitForRequest((request) => request.resourceType() === "xhr" && request.url().endsWith("/collectors"));
  expect(await made(page, ["<b>one</b>", "<img src=x onerror=alert(1)>"])).toEqual(["TypeError", "TypeError"]);
});

declare const trustedTypes: { createPolicy(name: string, rules: { createHTML(html: string): string }): unknown };
