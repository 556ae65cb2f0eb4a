// The app as a person meets it: its parts by name, and what one does with all of them together.

import { expect, type Page } from "@playwright/test";
import type { Mail } from "../fixtures/mail";
import { Composer } from "./composer";
import { Login } from "./login";
import { MailboxList } from "./mailbox-list";
import { Message } from "./message";
import { MessageList } from "./message-list";
import { Search } from "./search";
import { Toasts } from "./toasts";

export class App {
  readonly login: Login;
  readonly mailboxList: MailboxList;
  readonly messageList: MessageList;
  readonly message: Message;
  readonly composer: Composer;
  readonly search: Search;
  readonly toasts: Toasts;

  constructor(
    readonly page: Page,
    readonly url: string,
  ) {
    this.login = new Login(page, url);
    this.mailboxList = new MailboxList(page);
    this.messageList = new MessageList(page);
    this.message = new Message(page);
    this.composer = new Composer(page);
    this.search = new Search(page);
    this.toasts = new Toasts(page);
  }

  get connectionState() {
    return this.page.getByTestId("connection-state");
  }

  /** Whether the layout shows one pane at a time. */
  get isPhone(): boolean {
    return (this.page.viewportSize()?.width ?? 1440) < 700;
  }

  /** Signs in and waits until the inbox is shown and the line is live. */
  async signIn(mail: Mail): Promise<void> {
    await this.login.open();
    await this.login.signIn(mail.address, mail.password);
    await this.live();
  }

  /** Waits until the line to the bridge stands and the rows are real. */
  async live(): Promise<void> {
    await expect(this.connectionState).toHaveAttribute("data-state", "live");
    await expect(this.messageList.list).toHaveAttribute("data-loaded", "true");
  }

  /** Loads the page anew. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.live();
  }

  /** Presses keys as one would: `press("g", "i")`. */
  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  async signOut(): Promise<void> {
    await this.page.getByRole("button", { name: /^(Sign out|Выйти)$/ }).or(this.page.getByRole("menuitem", { name: /^(Sign out|Выйти)$/ })).click();
    await expect(this.login.address).toBeVisible();
  }

  /** Makes a choice in the settings. */
  async choose(name: string, value: string): Promise<void> {
    await this.page.getByTestId("settings-open").click();
    await this.page.locator(`input[name="${name}"][value="${value}"]`).check();
    await this.press("Escape");
  }

  /** Shows conversations in place of messages, or messages again. */
  async group(): Promise<void> {
    await this.page.getByTestId("sort").click();
    await this.page.getByTestId("group").click();
  }

  /** Takes the line away, or gives it back. */
  async offline(off: boolean): Promise<void> {
    await this.page.context().setOffline(off);
  }
}
