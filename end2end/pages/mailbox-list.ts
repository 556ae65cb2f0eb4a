import { expect, type Locator, type Page } from "@playwright/test";

/** The folders. On a phone they are behind the menu button. */
export class MailboxList {
  constructor(private readonly page: Page) {}

  get all() {
    return this.page.getByTestId("mailbox");
  }

  /** A folder by its decoded path. */
  mailbox(path: string): Locator {
    return this.page.locator(`[data-testid="mailbox"][data-path=${JSON.stringify(path)}]`);
  }

  /** What folds and unfolds a folder. */
  foldOf(path: string): Locator {
    return this.page.getByRole("listitem").filter({ has: this.mailbox(path) }).getByTestId("mailbox-fold");
  }

  /** Paths from top to bottom. */
  paths(): Promise<string[]> {
    return this.all.evaluateAll((elements) => elements.map((element) => element.getAttribute("data-path") ?? ""));
  }

  /** Makes the folders visible where the layout hides them. */
  async show(): Promise<void> {
    await expect(this.all.first()).toBeAttached();
    // A drawer on its way out can still be seen.
    const phone = (this.page.viewportSize()?.width ?? 1440) < 700;
    const shown = phone ? this.page.locator('.layout[data-pane="mailboxes"]') : this.all.first();
    if (await shown.isVisible()) return;
    await this.page.getByRole("button", { name: /^(Menu|Меню)$/ }).click();
    await expect(this.all.first()).toBeVisible();
  }

  /** Opens a folder and waits for its rows. */
  async open(path: string): Promise<void> {
    await this.show();
    await this.mailbox(path).click();
    await expect(this.mailbox(path)).toHaveAttribute("aria-current", /page|true/);
    await expect(this.page.getByTestId("message-list")).toHaveAttribute("data-loaded", "true");
  }

  /** Opens the menu of a folder. */
  async openMenu(path: string): Promise<void> {
    await this.show();
    const item = this.page.getByRole("listitem").filter({ has: this.mailbox(path) });
    await item.hover();
    await item.getByTestId("mailbox-menu").click();
    await expect(this.page.getByRole("menu")).toBeVisible();
  }

  /** Chooses from the menu of a folder: `read`, `create-inside`, `rename`, `share`, `empty` or `delete`. */
  async choose(path: string, what: string): Promise<void> {
    await this.openMenu(path);
    await this.page.getByTestId(`mailbox-${what}`).click();
  }

  /** Fills in the name and the place of a folder, and saves. The place is a path; empty for the top. */
  async fill(name: string, place?: string): Promise<void> {
    await this.page.getByTestId("folder-name").fill(name);
    if (place !== undefined) await this.page.getByTestId("folder-place").selectOption(place);
    await this.page.getByTestId("folder-save").click();
  }

  async expectUnseen(path: string, count: number): Promise<void> {
    await expect(this.mailbox(path)).toHaveAttribute("data-unseen", String(count));
  }
}
