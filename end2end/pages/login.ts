import type { Page } from "@playwright/test";

/** The page on which one signs in. */
export class Login {
  constructor(
    private readonly page: Page,
    private readonly url: string,
  ) {}

  get address() {
    return this.page.getByTestId("login-address");
  }
  get password() {
    return this.page.getByTestId("login-password");
  }
  get submit() {
    return this.page.getByTestId("login-submit");
  }
  get error() {
    return this.page.getByTestId("login-error");
  }

  async open(): Promise<void> {
    await this.page.goto(`${this.url}/login`);
  }

  async signIn(address: string, password: string): Promise<void> {
    await this.address.fill(address);
    await this.password.fill(password);
    await this.submit.click();
  }
}
