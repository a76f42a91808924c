// The chosen runs: their curves over each other, and what differs between two of them.
import { mainCharts } from "../charts.js";
import { element } from "../page.js";
import { keepingFocus, mark, named } from "./choice.js";
import { difference } from "./difference.js";
import { get } from "./server.js";
import { colourOf, leave, state } from "./state.js";

// Solid is what a run is judged by.
const parts = [
  { key: "validation", label: "validation", dash: 0 },
  { key: "train", label: "train", dash: 1 },
  { key: "ema", label: "EMA", dash: 2 },
];

/** changed() is called when the reader takes a run out. */
export function comparison(changed) {
  const list = element("ul", { class: "chosen" });
  const hint = element("p", { class: "faint" }, "Choose runs in the table to see their curves over each other.");
  const { loss, top1, rate, grid: charts } = mainCharts();
  const between = difference();
  const curves = new Map(); // by run, of those that are chosen; {error} where they cannot be had

  const load = async (run) => curves.set(run, await get("curves", { run }).catch((error) => ({ error: error.message })));

  function entry(letter, run) {
    const { error } = curves.get(run.run) ?? {};
    return element(
      "li",
      {},
      mark(letter),
      element(
        "span",
        {},
        named(run),
        element("span", { class: "faint" }, ` ${run.state}, ${run.epochs} of ${run.of} epochs`),
        error && element("span", { class: "bad" }, ` Its curves cannot be shown: ${error}`),
      ),
      element(
        "button",
        {
          type: "button",
          "aria-label": `take ${run.run} out`,
          onclick: () => {
            leave(run.run);
            changed();
          },
        },
        "×",
      ),
    );
  }

  function draw() {
    const drawn = [...state.chosen]
      .map(([letter, name]) => ({ letter, run: curves.get(name) }))
      .filter(({ run }) => run?.epoch?.length > 0);
    charts.hidden = drawn.length === 0;
    if (charts.hidden) return;
    const x = [...new Set(drawn.flatMap(({ run }) => run.epoch))].sort((a, b) => a - b);
    const over = ({ epoch }, values) => {
      const at = new Map(epoch.map((one, i) => [one, values[i]]));
      return x.map((one) => at.get(one) ?? null);
    };
    const of = (score) =>
      drawn.flatMap(({ letter, run }) =>
        parts
          .filter(({ key }) => run[key][score].some((value) => value != null))
          .map(({ key, label, dash }) => ({
            label: `${letter} ${label}`,
            values: over(run, run[key][score]),
            colour: colourOf(letter),
            dash,
          })),
      );
    const shown = { x, bands: drawn.length === 1 ? drawn[0].run.phases : [] };
    loss.show({ ...shown, series: of("loss") });
    top1.show({ ...shown, series: of("top1") });
    rate.show({
      ...shown,
      series: drawn.map(({ letter, run }) => ({
        label: letter,
        values: over(run, run.learning_rate),
        colour: colourOf(letter),
        dash: 0,
      })),
    });
  }

  /** stale: names of runs whose curves have changed. */
  async function show(runs, stale = []) {
    const known = new Map(runs.map((run) => [run.run, run]));
    const names = [...state.chosen.values()];
    for (const name of curves.keys()) if (!names.includes(name)) curves.delete(name);
    const render = () => {
      hint.hidden = state.chosen.size > 0;
      keepingFocus(() => list.replaceChildren(...[...state.chosen].map(([letter, name]) => entry(letter, known.get(name)))));
      draw();
    };
    render();
    between.show(known);
    const missing = names.filter((name) => !curves.has(name) || stale.includes(name));
    if (missing.length === 0) return;
    await Promise.all(missing.map(load));
    render();
  }

  const made = element(
    "section",
    { "aria-labelledby": "comparison-title" },
    element("h2", { id: "comparison-title" }, "Comparison"),
    hint,
    list,
    charts,
    between.part,
  );
  return { section: made, show };
}
