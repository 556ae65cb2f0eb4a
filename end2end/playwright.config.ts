import { execFileSync } from "node:child_process";
import { defineConfig, devices } from "@playwright/test";

const chromium = execFileSync("../.ci/chromium.sh", { encoding: "utf8" }).trim();
const desktop = { width: 1440, height: 900 };

export default defineConfig({
  testDir: "tests",
  // Two workers on two cores: each has its own mail server, its own Pismo, its own browser.
  workers: Number(process.env.PISMO_TEST_WORKERS || 2),
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  // A test that needs a second try is reported as flaky, not hidden.
  retries: 1,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"]],
  use: {
    locale: "en-GB",
    timezoneId: "Europe/Belgrade",
    colorScheme: "light",
    screenshot: "only-on-failure",
    // One costs a fifth of the time: a test that fails is traced at its second try. Who hunts a race has `--trace retain-on-failure`.
    trace: "on-first-retry",
    launchOptions: {
      executablePath: chromium,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    },
  },
  projects: [
    { name: "desktop", use: { viewport: desktop }, grepInvert: /@phone/ },
    { name: "phone", use: { ...devices["Pixel 7"], viewport: { width: 390, height: 844 }, defaultBrowserType: "chromium" }, grep: /@phone|@both/ },
  ],
});
