import { expect, type Locator, type Page } from "@playwright/test";

/** The list of the open folder. */
export class MessageList {
  constructor(private readonly page: Page) {}

  get list() {
    return this.page.getByTestId("message-list");
  }
  get rows() {
    return this.page.getByTestId("message-row");
  }

  /** The row with exactly this subject. */
  row(subject: string): Locator {
    return this.rows.filter({ has: this.page.getByTestId("row-subject").getByText(subject, { exact: true }) });
  }

  /** The row at this position of the folder. */
  at(position: number): Locator {
    return this.page.locator(`[data-testid="message-row"][data-position="${position}"]`);
  }

  /** Subjects of the real rows in the document, from the top. */
  subjects(): Promise<string[]> {
    return this.rows.evaluateAll((rows) =>
      rows
        .map((row) => ({ at: Number(row.getAttribute("data-position")), subject: row.querySelector('[data-testid="row-subject"]')?.textContent?.trim() ?? "" }))
        .sort((a, b) => a.at - b.at)
        .map(({ subject }) => subject),
    );
  }

  /** The labels in the row of a message. */
  labels(subject: string): Locator {
    return this.row(subject).getByTestId("label");
  }

  /** Opens the message with this subject. */
  async open(subject: string): Promise<void> {
    await this.row(subject).first().click();
    await expect(this.page.getByTestId("message-view")).toBeVisible();
    await expect(this.page.getByTestId("message-subject")).toHaveText(subject);
  }

  /** Ticks the row's box. */
  async select(...subjects: string[]): Promise<void> {
    for (const subject of subjects) await this.row(subject).getByTestId("row-select").click();
  }

  async loaded(): Promise<void> {
    await expect(this.list).toHaveAttribute("data-loaded", "true");
  }

  /** Scrolls so that this position is about in the middle of the screen. */
  async scrollTo(position: number): Promise<void> {
    await this.list.evaluate((list, wanted) => {
      const total = Number(list.getAttribute("data-total"));
      list.scrollTop = (list.scrollHeight * wanted) / total - list.clientHeight / 2;
    }, position);
    await expect(this.at(position)).toBeVisible();
    await this.loaded();
  }

  async expectTotal(total: number): Promise<void> {
    await expect(this.list).toHaveAttribute("data-total", String(total));
  }

  async expectSeen(subject: string, seen: boolean): Promise<void> {
    await expect(this.row(subject)).toHaveAttribute("data-seen", String(seen));
  }

  async expectFlagged(subject: string, flagged: boolean): Promise<void> {
    await expect(this.row(subject)).toHaveAttribute("data-flagged", String(flagged));
  }
}
