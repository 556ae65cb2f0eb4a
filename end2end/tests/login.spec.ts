// Part 2: signing in and out.

import net from "node:net";
import { App, expect, Mail, PASSWORD, Pismo, test } from "../fixtures";

test("a person signs in and sees the inbox @both", async ({ visitor, mail }) => {
  await mail.append("INBOX", { subject: "Already here" });
  await visitor.signIn(mail);
  await expect(visitor.messageList.row("Already here")).toBeVisible();
});

test("a wrong password is told in a sentence, and the address is kept", async ({ visitor, mail, problems }) => {
  problems.expect(/status of 4\d\d/);
  await visitor.login.open();
  await visitor.login.signIn(mail.address, "not the password");
  await expect(visitor.login.error).toContainText("did not accept this address and password");
  await expect(visitor.login.address).toHaveValue(mail.address);
});

test("the form works without any script", async ({ browser, pismo, mail }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, locale: "en-GB" });
  const page = await context.newPage();
  const app = new App(page, pismo.url);
  await mail.append("INBOX", { subject: "Read without wasm" });
  await app.login.open();
  await app.login.signIn(mail.address, PASSWORD);
  // The page is the first frames: folders and rows are in the HTML.
  await expect(app.mailboxList.mailbox("INBOX")).toBeAttached();
  await expect(app.messageList.row("Read without wasm")).toBeVisible();
  await context.close();
});

test("signing out ends the login on the server too", async ({ app, pismo }) => {
  const cookies = await app.page.context().cookies();
  await app.signOut();
  await app.page.context().addCookies(cookies);
  await app.page.goto(`${pismo.url}/mail/INBOX`);
  await expect(app.login.address).toBeVisible();
});

test("a visitor who is not signed in is sent to the form", async ({ visitor, pismo }) => {
  await visitor.page.goto(`${pismo.url}/mail/INBOX`);
  await expect(visitor.login.address).toBeVisible();
});

test("the cookie of a login is out of reach for scripts", async ({ app }) => {
  const [cookie] = (await app.page.context().cookies()).filter(({ httpOnly }) => httpOnly);
  expect(cookie).toBeDefined();
  expect(cookie?.sameSite).toMatch(/Lax|Strict/);
});

test("a reload keeps the person signed in", async ({ app, mail }) => {
  await mail.deliver({ subject: "Still here" });
  await expect(app.messageList.row("Still here")).toBeVisible();
  await app.reload();
  await expect(app.messageList.row("Still here")).toBeVisible();
});

test("a restart of Pismo keeps everybody signed in", async ({ browser }) => {
  const pismo = await Pismo.start();
  const mail = await Mail.create(pismo);
  const page = await browser.newPage({ locale: "en-GB" });
  const app = new App(page, pismo.url);
  await app.signIn(mail);
  await pismo.restart();
  await app.live();
  await mail.deliver({ subject: "After the restart" });
  await expect(app.messageList.row("After the restart")).toBeVisible();
  await page.close();
  await mail.close();
  await pismo.stop();
});

test.describe("with a mail server that has a fault", () => {
  /** Serves IMAP by a script: a greeting, then what LOGIN is answered. */
  async function faulty(greeting: string, login: string): Promise<{ port: number; close: () => void }> {
    const server = net.createServer((socket) => {
      socket.on("error", () => {});
      socket.write(`${greeting}\r\n`);
      let text = "";
      socket.on("data", (data) => {
        // A line may come in two pieces: half a LOGIN is no command that could be answered with OK.
        const lines = (text + data.toString("latin1")).split("\r\n");
        text = lines.pop() ?? "";
        for (const line of lines.filter(Boolean)) {
          const [tag, command] = line.split(" ");
          if (/^CAPABILITY$/i.test(command ?? "")) socket.write(`* CAPABILITY IMAP4rev1\r\n${tag} OK done\r\n`);
          else if (/^(LOGIN|AUTHENTICATE)$/i.test(command ?? "")) socket.write(`${tag} ${login}\r\n`);
          else if (/^LOGOUT$/i.test(command ?? "")) socket.end(`* BYE\r\n${tag} OK done\r\n`);
          else socket.write(`${tag} OK done\r\n`);
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { port: (server.address() as net.AddressInfo).port, close: () => server.close() };
  }

  const cases = [
    { name: "IMAP that is switched off", login: "NO [ALERT] IMAP access is disabled for your account", says: "IMAP is switched off" },
    { name: "too many connections", login: "NO [LIMIT] Maximum number of connections from user+IP exceeded", says: "Too many programs are connected" },
    { name: "a fault of the server's own", login: "NO [UNAVAILABLE] Temporary authentication failure", says: "has a problem of its own" },
  ];
  for (const { name, login, says } of cases) {
    test(`${name} gets its own sentence`, async ({ browser }) => {
      const peer = await faulty("* OK [CAPABILITY IMAP4rev1] ready", login);
      const pismo = await Pismo.start({ env: { PISMO_IMAP: `imap+insecure://127.0.0.1:${peer.port}` } });
      const page = await browser.newPage({ locale: "en-GB" });
      const app = new App(page, pismo.url);
      await app.login.open();
      await app.login.signIn("someone@pismo.test", "any");
      await expect(app.login.error).toContainText(says);
      await page.close();
      await pismo.stop();
      peer.close();
    });
  }

  test("a server that cannot be reached gets its own sentence", async ({ browser }) => {
    const peer = await faulty("* OK", "");
    peer.close();
    const pismo = await Pismo.start({ env: { PISMO_IMAP: `imap+insecure://127.0.0.1:${peer.port}` } });
    const page = await browser.newPage({ locale: "en-GB" });
    const app = new App(page, pismo.url);
    await app.login.open();
    await app.login.signIn("someone@pismo.test", "any");
    await expect(app.login.error).toContainText("does not answer");
    await page.close();
    await pismo.stop();
  });

  test("a certificate that nobody vouches for gets its own sentence", async ({ browser }) => {
    const first = await Pismo.start();
    const pismo = await Pismo.start({ env: { PISMO_IMAP: `imaps://localhost:${first.mail.imaps}` } });
    const page = await browser.newPage({ locale: "en-GB" });
    const app = new App(page, pismo.url);
    await app.login.open();
    await app.login.signIn("someone@pismo.test", PASSWORD);
    await expect(app.login.error).toContainText(/certificate/i);
    await page.close();
    await pismo.stop();
    await first.stop();
  });
});

test("without a server in the settings the form takes the servers", async ({ browser, pismo: other }) => {
  const pismo = await Pismo.start({ env: { PISMO_IMAP: "", PISMO_SMTP: "", PISMO_AUTHSERV_ID: "" } });
  const mail = await Mail.create(other);
  const page = await browser.newPage({ locale: "en-GB" });
  const app = new App(page, pismo.url);
  await app.login.open();
  const imap = page.getByLabel("Incoming mail (IMAP)");
  await app.login.address.fill(mail.address);
  await app.login.password.fill(PASSWORD);
  if (!(await imap.isVisible())) await page.getByText("Mail servers").click();
  await imap.fill(`imap+insecure://127.0.0.1:${other.mail.imap}`);
  await page.getByLabel("Outgoing mail (SMTP)").fill(`smtp+insecure://127.0.0.1:${other.mail.submission}`);
  await app.login.submit.click();
  await app.live();
  await page.close();
  await pismo.stop();
});

test("what is being written is forgotten by whoever signs out, in a browser that does not take Clear-Site-Data as well", async ({ visitor, mail, page }) => {
  await visitor.signIn(mail);
  await page.getByTestId("compose-open").filter({ visible: true }).first().click();
  await visitor.composer.fill({ subject: "In confidence" });
  const kept = () => page.evaluate(() => localStorage.getItem("pismo_draft") ?? "");
  await expect.poll(kept).toContain("In confidence");
  await page.route("**/logout", async (route) => {
    const response = await route.fetch({ maxRedirects: 0 });
    const { "clear-site-data": cleared, ...headers } = response.headers();
    expect(cleared).toContain("storage");
    await route.fulfill({ response, headers });
  });
  await visitor.signOut();
  expect(await kept()).toBe("");
});
