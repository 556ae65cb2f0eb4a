import { expect, type Locator, type Page } from "@playwright/test";

export type Letter = { to?: string; cc?: string; bcc?: string; subject?: string; body?: string };

/** What is being written. */
export class Composer {
  constructor(private readonly page: Page) {}

  get compose() {
    return this.page.getByTestId("compose");
  }
  get to() {
    return this.field("compose-to");
  }
  get cc() {
    return this.field("compose-cc");
  }
  get bcc() {
    return this.field("compose-bcc");
  }
  get subject() {
    return this.field("compose-subject");
  }
  get body() {
    return this.field("compose-body");
  }
  /** Where formatted text is written. */
  get text() {
    return this.compose.frameLocator("#compose-frame").getByRole("textbox");
  }
  get picture() {
    return this.page.getByTestId("compose-picture");
  }
  get plain() {
    return this.page.getByTestId("compose-plain");
  }
  get attach() {
    return this.page.getByTestId("compose-attach");
  }
  get attachments() {
    return this.page.getByTestId("compose-attachment");
  }
  get submissions() {
    return this.page.getByTestId("submission");
  }

  /** Opens an empty letter. */
  async open(): Promise<void> {
    await this.page.getByTestId("compose-open").filter({ visible: true }).first().click();
    await expect(this.compose).toBeVisible();
  }

  async fill({ to, cc, bcc, subject, body }: Letter): Promise<void> {
    if (to !== undefined) await this.address(this.to, to);
    if (cc !== undefined || bcc !== undefined) {
      if (!(await this.cc.isVisible())) await this.page.getByRole("button", { name: /^(Cc\/Bcc|Копии)/ }).click();
      if (cc !== undefined) await this.address(this.cc, cc);
      if (bcc !== undefined) await this.address(this.bcc, bcc);
    }
    if (subject !== undefined) await this.subject.fill(subject);
    if (body !== undefined) await this.body.fill(body);
  }

  /** Goes on with formatted text, once what was written is in it. */
  async format(): Promise<void> {
    const [first = ""] = (await this.body.inputValue()).trim().split("\n");
    await this.page.getByTestId("compose-formatted").click();
    await expect(this.text).toBeVisible();
    await expect(this.text).toContainText(first);
  }

  /** A button above formatted text. */
  button(format: string): Locator {
    return this.page.getByTestId("compose-formats").locator(`[data-format="${format}"]`);
  }

  async close(): Promise<void> {
    await this.page.getByTestId("compose-close").click();
    await expect(this.compose).toBeHidden();
  }

  /** Waits until Drafts holds what is written. */
  async saved(): Promise<void> {
    await expect(this.compose).toHaveAttribute("data-state", "saved");
  }

  async send(): Promise<void> {
    await this.page.getByTestId("compose-send").click();
  }

  /** Sends and waits until the letter is away. */
  async sendAndWait(): Promise<void> {
    await this.send();
    await expect(this.compose).toBeHidden();
  }

  /** Opens the choice of a time to send at. */
  async later(): Promise<void> {
    await this.page.getByTestId("compose-later").click();
    await expect(this.page.getByTestId("compose-later-at")).toBeVisible();
  }

  /** The one message in the outbox, which this opens. */
  async outbox(): Promise<Locator> {
    await this.page.getByTestId("outbox-open").click();
    await expect(this.submissions).toHaveCount(1);
    return this.submissions.first();
  }

  async discard(): Promise<void> {
    await this.page.getByTestId("compose-discard").click();
  }

  private async address(field: Locator, text: string): Promise<void> {
    await field.fill(text);
    await field.press("Enter");
  }

  /** The element one types into, whether the test id is on it or around it. */
  private field(id: string): Locator {
    const editable = "input:not([type=file]), textarea, [contenteditable=true]";
    return this.page.locator(`:is([data-testid="${id}"]:is(${editable}), [data-testid="${id}"] :is(${editable}))`).first();
  }
}
