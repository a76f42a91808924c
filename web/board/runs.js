// The table of runs: sorted by any column, filtered, a part at a time, so that thousands of runs do not slow the page.
import { element, scrolled } from "../page.js";
import { choice, keepingFocus, named } from "./choice.js";
import { columns, sorted, textOf } from "./columns.js";
import { most, state, write } from "./state.js";

const part = 100;

/** chosen() is called when the reader has chosen a run or left one; show(runs) draws. */
export function runTable(chosen) {
  const filter = element("input", {
    type: "search",
    id: "filter",
    autocomplete: "off",
    oninput: () => {
      state.filter = filter.value;
      limit = part;
      again();
    },
  });
  const count = element("p", { class: "faint", role: "status" });
  const head = element("tr");
  const body = element("tbody");
  const more = element("button", {
    type: "button",
    onclick: () => {
      limit += part;
      again();
    },
  });
  let limit = part;
  let all = [];

  function again() {
    write();
    show(all);
  }

  function sort(column) {
    state.descending = state.sort === column.key ? !state.descending : Boolean(column.number);
    state.sort = column.key;
    again();
  }

  function heading(column, by) {
    const arrow = by ? (state.descending ? "▼" : "▲") : "";
    return element(
      "th",
      {
        scope: "col",
        class: column.number ? "number" : null,
        "aria-sort": by ? (state.descending ? "descending" : "ascending") : null,
      },
      element(
        "button",
        { type: "button", "data-key": `sort ${column.key}`, onclick: () => sort(column) },
        column.label,
        element("span", { class: "arrow", "aria-hidden": "true" }, arrow),
      ),
    );
  }

  const row = (run, [, ...others]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, element("div", {}, choice(run.run, "table", chosen), named(run))),
      others.map((column) => element("td", { class: column.number ? "number" : null }, textOf(column, run))),
    );

  function show(runs) {
    all = runs;
    const words = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const matching = runs.filter(({ run, recipe }) => words.every((word) => `${run} ${recipe}`.toLowerCase().includes(word)));
    const by = columns.find((column) => column.key === state.sort) ?? columns[0];
    const shown = sorted(matching, by, state.descending).slice(0, limit);
    // A column that no run has a value for would only push the others away.
    const filled = columns.filter((column) => column === by || runs.some((run) => column.value(run) != null));
    if (filter.value !== state.filter) filter.value = state.filter;
    keepingFocus(() => {
      head.replaceChildren(...filled.map((column) => heading(column, column === by)));
      body.replaceChildren(...shown.map((run) => row(run, filled)));
    });
    const found = `${matching.length.toLocaleString("en")} ${matching.length === 1 ? "run" : "runs"}`;
    const some = shown.length < matching.length ? `The first ${shown.length} of ${found}. ` : `${found}. `;
    count.textContent = `${some}${
      state.chosen.size < most ? "A box puts a run into the comparison below" : `${most} can be compared, and are`
    }; a name opens its report.`;
    more.hidden = shown.length === matching.length;
    more.textContent = `Show ${Math.min(part, matching.length - shown.length)} more`;
  }

  const made = element(
    "section",
    { "aria-label": "Runs" },
    element("label", { for: "filter" }, "Filter by run or recipe"),
    filter,
    count,
    scrolled("Runs", element("table", { class: "runs" }, element("thead", {}, head), body)),
    more,
  );
  return { section: made, show };
}
