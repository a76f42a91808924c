// A headless Chromium for the tests of pages: open() gives a page and everything about it that a user would call broken.
// NODE_PATH is the folder of npm's modules in the build folder.
import { createRequire } from "node:module";
import { dirname } from "node:path";

const require = createRequire(`${dirname(process.env.NODE_PATH)}/`);
const { chromium } = require("playwright-core");

const quiet = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: quiet });

/** {page, faults}: errors on its console, scripts that failed, dialogs that opened, and requests elsewhere than to `url`. */
export async function open(url, { width = 1280, colorScheme = "light" } = {}) {
  const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 }, deviceScaleFactor: width < 600 ? 2 : 1 });
  const faults = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("dialog", (dialog) => {
    faults.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on(
    "request",
    (request) =>
      !request.url().startsWith("data:") &&
      !request.url().startsWith(url.split("#")[0]) &&
      faults.push(`a request to ${request.url()}`),
  );
  page.setDefaultTimeout(120_000); // where tests beside this one take the processor
  await page.goto(url);
  return { page, faults };
}

/** The points of a chart, as its legend tells them: with the keyboard from the first to the last. */
export async function pointsOf(page, title) {
  const figure = page.getByRole("figure").filter({ has: page.getByRole("img", { name: title, exact: true }) });
  await figure.getByRole("img").focus();
  await page.keyboard.press("Home");
  const points = [];
  for (
    let at = await figure.locator(".legend > span").textContent();
    at !== points.at(-1);
    at = await figure.locator(".legend > span").textContent()
  ) {
    points.push(at);
    await page.keyboard.press("ArrowRight");
  }
  return points;
}

export function expect(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

export function expectEqual(found, expected, what) {
  expect(
    JSON.stringify(found) === JSON.stringify(expected),
    `${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`,
  );
}
