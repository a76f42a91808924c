// node report.mjs REPORT EPOCHS CLASS...: what report.sh's run shows in a browser. Screenshots go to the working folder.
import { pathToFileURL } from "node:url";
import { browser, expect, expectEqual, open, pointsOf } from "./browser.mjs";

const [report, epochs, ...classes] = process.argv.slice(2);
const url = pathToFileURL(report).href;

for (const colorScheme of ["light", "dark"])
  for (const width of [1280, 390]) {
    const { page, faults } = await open(url, { width, colorScheme });
    await page.screenshot({ path: `report-${width}-${colorScheme}.png`, fullPage: true });
    expectEqual(await page.evaluate(() => document.documentElement.scrollWidth), width, "the page's width");
    expectEqual(
      await page.locator("img").evaluateAll((images) => images.filter((image) => image.naturalWidth === 0).length),
      0,
      "pictures that did not load",
    );
    expectEqual(faults, [], `faults at ${width} px, ${colorScheme}`);
    await page.close();
  }

const { page, faults } = await open(url);
const expected = Array.from({ length: Number(epochs) }, (_, i) => `epoch ${i + 1}`);
for (const title of ["Loss", "Top-1 accuracy", "Learning rate", "Seconds of an epoch"])
  expectEqual(await pointsOf(page, title), expected, title);
const legend = page.getByRole("figure").first().locator(".legend button");
expectEqual(
  (await legend.allTextContents()).map((text) => text.replace(/[\d.]+$/, "")),
  ["train", "validation", "validation, EMA"],
  "the curves of the loss",
);
await legend.first().press("Enter");
expectEqual(await legend.first().getAttribute("aria-pressed"), "false", "a curve that was hidden");

// Class names, in the table, in the readout of the matrix and on the cards of wrong predictions.
await page.getByText(`Classes (${classes.length})`).click();
const rows = page.locator("#confusion tbody tr");
expectEqual((await rows.locator("td:first-child").allTextContents()).sort(), [...classes].sort(), "class names");
await page.getByRole("application").focus();
const told = [];
for (let i = 0; i < classes.length; ++i) {
  await page.keyboard.press("ArrowDown");
  told.push(await page.locator("#confusion .tools output").textContent());
}
classes.forEach((name, i) =>
  expect(told[i].startsWith(`${name}${i === 0 ? ":" : ` taken for ${classes[0]}:`} `), `the matrix tells: ${told[i]}`),
);
expect((await page.locator("#worst li").count()) > 0, "no wrong prediction is shown");
expectEqual(
  await page
    .locator("#page img")
    .evaluateAll((images) => images.filter((image) => !image.src.startsWith("data:image/jpeg")).length),
  0,
  "pictures from elsewhere",
);
for (const text of [
  "What differs from parent, which it extends",
  "optimizer.lr",
  "wide_resnet: ",
  "plain",
  "The expected calibration error is",
])
  expect((await page.locator("main").textContent()).includes(text), `the report does not say: ${text}`);
expectEqual(faults, [], "faults");
await browser.close();
