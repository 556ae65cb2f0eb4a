import { expect, type Locator, type Page } from "@playwright/test";

/** Looking for messages. */
export class Search {
  constructor(private readonly page: Page) {}

  get input() {
    return this.page.getByTestId("search-input");
  }
  get clear() {
    return this.page.getByTestId("search-clear");
  }

  /** Searches and waits for the answer. */
  async find(text: string): Promise<void> {
    await this.input.fill(text);
    await this.input.press("Enter");
    await expect(this.page).toHaveURL(/[?&]q=/);
    await expect(this.page.getByTestId("message-list")).toHaveAttribute("data-loaded", "true");
  }

  /** A search that was kept, among the folders. */
  saved(name: string): Locator {
    return this.page.getByTestId("saved-search").filter({ hasText: name });
  }

  /** Keeps the open search under a name. */
  async keep(name: string): Promise<void> {
    await this.page.getByTestId("search-keep").click();
    await this.page.getByTestId("search-name").fill(name);
    await this.page.getByTestId("search-kept").click();
    await expect(this.page.getByRole("dialog")).toHaveCount(0);
  }

  /** Keeps the open search no longer. */
  async forget(): Promise<void> {
    await this.page.getByTestId("search-keep").click();
    await this.page.getByTestId("search-forget").click();
  }

  /** Chooses between the open folder and all of them. */
  async scope(which: "here" | "everywhere"): Promise<void> {
    const name = which === "here" ? /^(This folder|Эта папка|В этой папке)$/ : /^(All folders|Все папки|Во всех папках)$/;
    await this.page.getByText(name).filter({ visible: true }).first().click();
  }
}
