import { expect, type FrameLocator, type Locator, type Page } from "@playwright/test";

/** The open message, and the actions on it or on a selection. */
export class Message {
  constructor(private readonly page: Page) {}

  get view() {
    return this.page.getByTestId("message-view");
  }
  get subject() {
    return this.page.getByTestId("message-subject");
  }
  get from() {
    return this.page.getByTestId("message-from");
  }
  get to() {
    return this.page.getByTestId("message-to");
  }
  get date() {
    return this.page.getByTestId("message-date");
  }
  get body() {
    return this.page.getByTestId("message-body");
  }
  get attachments() {
    return this.page.getByTestId("message-attachment");
  }
  /** The rest of its conversation, above and below. */
  get beside() {
    return this.page.getByTestId("conversation-message");
  }
  /** The signs above the text. */
  get labels() {
    return this.view.getByTestId("label");
  }
  /** Where a new label is written, in the open menu. */
  get newLabel() {
    return this.page.getByTestId("label-new");
  }
  get showRemote() {
    return this.page.getByTestId("show-remote");
  }

  /** What is inside the frame of an HTML message. */
  get html(): FrameLocator {
    return this.page.frameLocator('iframe[data-testid="message-body"]');
  }

  attachment(name: string): Locator {
    return this.page.locator(`[data-testid="message-attachment"][data-name=${JSON.stringify(name)}]`);
  }

  /** Waits until the body has been painted. */
  async rendered(): Promise<void> {
    await expect(this.body).toHaveAttribute("data-rendered", "true");
  }

  /** The visible button of an action: "archive", "delete", "move", … */
  action(name: string): Locator {
    return this.page.getByTestId(`action-${name}`).filter({ visible: true }).first();
  }

  async act(name: string): Promise<void> {
    await this.action(name).click();
  }

  /** Moves what is open or selected by the menu. */
  async moveTo(folder: string): Promise<void> {
    await this.act("move");
    await this.page.getByRole("dialog").or(this.page.getByRole("menu")).getByText(folder, { exact: true }).last().click();
  }

  /** A label in the open menu. */
  labelItem(name: string): Locator {
    return this.page.getByTestId("label-item").filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /** Sets or takes away a label of what is open or selected, by the menu. */
  async label(name: string): Promise<void> {
    await this.act("label");
    await this.labelItem(name).click();
  }
}
