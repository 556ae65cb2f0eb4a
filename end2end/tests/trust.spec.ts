import { expect, test } from "../fixtures";

test("no text becomes an element that could run anything", async ({ visitor, mail, problems }) => {
  problems.expect(/Trusted/);
  await mail.deliver({ subject: "Hello", text: "Nothing" });
  await visitor.signIn(mail);
  await visitor.messageList.expectTotal(1);
  const made = await visitor.page.evaluate(() => {
    const into = (html: string) => {
      const element = document.createElement("div");
      try {
        element.innerHTML = html;
        return element.childElementCount;
      } catch (error) {
        return (error as Error).name;
      }
    };
    const script = document.createElement("script");
    let ran;
    try {
      script.text = "window.ran = true";
      document.head.append(script);
      ran = (window as never as { ran?: boolean }).ran ?? false;
    } catch (error) {
      ran = (error as Error).name;
    }
    return {
      harmless: into("<b class=one>two</b>"),
      hostile: ["<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "<b title='x'onclick=alert(1)>", "<script>alert(1)</script>", "<iframe src=/></iframe>", "<a href='JavaScript:alert(1)'>x</a>", "<form action=/logout>"].map(into),
      ran,
      other: (() => { try { trustedTypes.createPolicy("other", { createHTML: (html) => html }); return "made"; } catch (error) { return (error as Error).name; } })(),
    };
  });
  expect(made).toEqual({ harmless: 1, hostile: Array(7).fill("TypeError"), ran: "TypeError", other: "TypeError" });
});

test("on the page that follows collectors no text becomes an element at all", async ({ visitor, mail, page, problems }) => {
  problems.expect(/Trusted/);
  await visitor.signIn(mail);
  await page.goto(`${visitor.url}/collectors`);
  // Its script has run.
  await page.waitForRequest((request) => request.resourceType() === "xhr" && request.url().endsWith("/collectors"));
  const made = await page.evaluate(() => ["<b>one</b>", "<img src=x onerror=alert(1)>"].map((html) => {
    const element = document.createElement("div");
    try {
      element.innerHTML = html;
      return element.childElementCount;
    } catch (error) {
      return (error as Error).name;
    }
  }));
  expect(made).toEqual(["TypeError", "TypeError"]);
});

declare const trustedTypes: { createPolicy(name: string, rules: { createHTML(html: string): string }): unknown };
