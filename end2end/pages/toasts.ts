import { type Page } from "@playwright/test";

/** Short notices at the edge. */
export class Toasts {
  constructor(private readonly page: Page) {}

  get info() {
    return this.page.locator('[data-testid="toast"][data-kind="info"]');
  }
  get errors() {
    return this.page.locator('[data-testid="toast"][data-kind="error"]');
  }

  async undo(): Promise<void> {
    await this.page.getByTestId("toast-undo").last().click();
  }
}
