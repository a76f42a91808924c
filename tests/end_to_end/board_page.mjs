// node board_page.mjs URL RUN COMMAND: the board at URL in a browser. COMMAND is a shell's; it makes RUN an epoch longer while the
// page is open. Screenshots go to the working folder.
import { execSync } from "node:child_process";
import { browser, expect, expectEqual, open, pointsOf } from "./browser.mjs";

const [url, growing, command] = process.argv.slice(2);
const get = async (what, query = {}) => (await fetch(new URL(`/api/${what}?${new URLSearchParams(query)}`, url))).json();

const { runs } = await get("runs");
const names = (some) => some.map(({ run }) => run);
const byName = new Intl.Collator("en", { numeric: true }).compare;
const ranked = runs.toSorted((a, b) => (b.validation ?? -1) - (a.validation ?? -1) || byName(a.run, b.run));
const own = runs.find(({ run }) => run === growing);
const other = ranked.find(({ run, epochs }) => run !== growing && epochs > 0);
const epochsTo = (count) => Array.from({ length: count }, (_, i) => `epoch ${i + 1}`);

const { page, faults } = await open(url);
const row = (name) =>
  page.locator("tbody tr").filter({ has: page.getByRole("checkbox", { name: `compare ${name}`, exact: true }) });
const box = (name) => row(name).getByRole("checkbox");
const shown = () => page.locator(".runs tbody th").allTextContents();
const loss = page.getByRole("figure").first();
const heading = (label) => page.getByRole("columnheader", { name: label, exact: true });
await row(growing).waitFor();

// Sorting; names are as written, whatever is in them.
expectEqual(await shown(), names(ranked), "the runs, ranked");
expectEqual(await heading("validation").getAttribute("aria-sort"), "descending", "the order at first");
await heading("run").getByRole("button").press("Enter");
expectEqual(await shown(), names(runs).sort(byName), "the runs by name");
await heading("run").getByRole("button").press("Enter");
expectEqual(await shown(), names(runs).sort(byName).reverse(), "the runs by name, from the last");
expectEqual(await heading("run").getAttribute("aria-sort"), "descending", "the order by name");
expectEqual(await heading("validation").getAttribute("aria-sort"), null, "the order that was left");

const filter = page.getByLabel("Filter by run or recipe");
await filter.fill(other.run);
expectEqual(
  await shown(),
  names(runs.filter(({ run }) => run.includes(other.run)))
    .sort(byName)
    .reverse(),
  "filtered",
);
await filter.fill("");

// Comparing; the address keeps the choice.
await box(growing).press("Space");
await box(other.run).press("Space");
for (const _ of ["before a reload", "after it"]) {
  expect(await box(growing).isChecked(), "a box that was chosen is empty");
  for (const label of ["A validation", "A train", "B validation", "B train"])
    await loss.locator(".legend button", { hasText: new RegExp(`^${label}`) }).waitFor();
  const longest = Math.max(own.epochs, other.epochs);
  for (const title of ["Loss", "Top-1 accuracy", "Learning rate"])
    expectEqual(await pointsOf(page, title), epochsTo(longest), title);
  await page.reload();
  await row(growing).waitFor();
}
expectEqual(await heading("run").getAttribute("aria-sort"), "descending", "the order after a reload");
const { changes } = await get("diff", { a: growing, b: other.run });
expect(changes.length > 0, "the two runs must differ in their recipes");
const differing = page.getByRole("region", { name: "In their recipes" }).locator("tbody tr");
expectEqual(
  await differing.evaluateAll((rows) => rows.map((one) => [...one.cells].map((cell) => cell.textContent))),
  changes.map(({ key, before, after }) => [key, before || "–", after || "–"]),
  "what differs in the recipes",
);

// The tree.
const above = await page
  .locator(".tree .name")
  .evaluateAll((all) =>
    Object.fromEntries(
      all.map((one) => [
        one.textContent,
        one.closest("li").parentElement.closest("li")?.querySelector(".name").textContent ?? null,
      ]),
    ),
  );
for (const { recipe, parent } of runs) expectEqual(above[recipe], parent, `the recipe above ${recipe}`);

for (const link of await page.locator(".runs tbody a").all()) {
  const { status } = await fetch(new URL(await link.getAttribute("href"), url));
  expectEqual(status, 200, `the report of ${await link.textContent()}`);
}

for (const colorScheme of ["light", "dark"])
  for (const width of [1280, 390]) {
    const one = await open(page.url(), { width, colorScheme });
    await one.page.getByRole("img", { name: "Loss" }).waitFor();
    await one.page.screenshot({ path: `board-${width}-${colorScheme}.png`, fullPage: true });
    expectEqual(await one.page.evaluate(() => document.documentElement.scrollWidth), width, "the page's width");
    expectEqual(one.faults, [], `faults at ${width} px, ${colorScheme}`);
    await one.page.close();
  }

// An epoch while the page is open; the keyboard stays where it was.
await box(other.run).press("Space");
await box(growing).focus();
execSync(command, { stdio: "inherit" });
await row(growing)
  .getByText(`${own.epochs + 1} of ${own.of}`)
  .waitFor();
await loss.getByText(`epoch ${own.epochs + 1}`, { exact: true }).waitFor();
expectEqual(await page.evaluate(() => document.activeElement.ariaLabel), `compare ${growing}`, "what has the focus");
expectEqual(await pointsOf(page, "Loss"), epochsTo(own.epochs + 1), "the loss after an epoch more");

// The cursor stays at its epoch when a run more is drawn.
await loss.getByRole("img").press("Home");
await box(other.run).press("Space");
await loss.locator(".legend button", { hasText: "validation" }).nth(1).waitFor();
expectEqual(await loss.locator(".legend > span").textContent(), "epoch 1", "the cursor after a run more");
expectEqual(faults, [], "faults");
await browser.close();
