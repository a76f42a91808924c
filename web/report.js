// A run's report: report.html in its folder.
import "./report/report.css";
import { data, duration, element, number, percent } from "./page.js";
import { curves } from "./report/curves.js";
import { calibration, classes, confused, worst } from "./report/evaluation.js";
import { confusion } from "./report/confusion.js";
import { machine, model, recipe, samples } from "./report/recipe.js";
import { spent } from "./report/time.js";

const report = data();
const states = {
  training: "training",
  finished: "finished",
  interrupted: "interrupted",
  out_of_time: "stopped at its time limit",
};

/** A class by its number; there may be more outputs than names. */
const nameOf = (label) => report.class_names[label] ?? `class ${label}`;

function fact(label, value, note) {
  return element(
    "div",
    {},
    element("dt", {}, label),
    element("dd", {}, value, note && element("span", { class: "faint" }, ` ${note}`)),
  );
}

function facts() {
  const { epoch, best, train, validation, ema, seconds, images_per_second: pace, test, swa } = report.curves;
  const last = epoch.length - 1;
  const averaged = report.metric.startsWith("ema.");
  const scored = averaged ? ema : validation;
  const found = best.lastIndexOf(true);
  return element(
    "dl",
    { class: "facts" },
    found >= 0 &&
      scored.top1[found] != null &&
      fact(averaged ? "best EMA top-1" : "best validation top-1", percent(scored.top1[found]), `epoch ${epoch[found]}`),
    test && fact("test top-1", percent(test.top1), `${test.pictures} pictures`),
    swa && fact("SWA validation top-1", percent(swa.top1)),
    fact("train top-1", percent(train.top1[last]), `epoch ${epoch[last]}`),
    fact("time", duration(seconds.reduce((sum, one) => sum + one, 0)), `${number(pace[last])} images/s`),
    report.model.parameters && fact("parameters", report.model.parameters.toLocaleString("en")),
  );
}

function notices() {
  const { notices: sentences } = report.curves;
  return (
    sentences.length > 0 &&
    element(
      "details",
      {},
      element("summary", {}, `Notices (${sentences.length})`),
      element(
        "ul",
        {},
        sentences.map((text) => element("li", {}, text)),
      ),
    )
  );
}

function section(id, title, ...content) {
  return element("section", { id, "aria-labelledby": `${id}-title` }, element("h2", { id: `${id}-title` }, title), ...content);
}

const { validation } = report;
const scored = validation && `validation after epoch ${validation.epoch}${validation.averaged ? ", averaged weights" : ""}`;
const sections = [
  section("curves", "Curves", curves(report.curves)),
  validation &&
    section("confusion", "What is taken for what", confusion(validation, nameOf, scored), classes(validation, nameOf)),
  validation && section("confused", "Most confused pairs", confused(validation, nameOf)),
  validation && section("worst", "Worst predictions", worst(validation, nameOf)),
  validation && section("calibration", "Calibration", calibration(validation)),
  section("time", "Where the time went", spent(report.curves)),
  section("samples", "Training pictures", samples(report.samples)),
  section("recipe", "Recipe", recipe(report)),
  section("model", "Model", model(report.model)),
  section("machine", "Run and machine", machine(report)),
].filter(Boolean);

document.title = `${report.recipe.name}: report`;
document.getElementById("page").append(
  element("h1", {}, report.recipe.name),
  element(
    "p",
    { class: "faint" },
    `${report.run} · ${states[report.curves.state]}, ${report.curves.epoch.length} of ${report.curves.epochs} epochs`,
    ` · written ${report.written.slice(0, 16).replace("T", " ")} UTC`,
  ),
  facts(),
  element(
    "nav",
    { "aria-label": "sections" },
    sections.map((one) => element("a", { href: `#${one.id}` }, one.firstChild.textContent)),
  ),
  ...[notices()].filter(Boolean),
  ...sections,
);
