// Which attempt came of which: a tree of recipes, each below the one that it extends; a run that was forked stands below its origin.
import { element, percent } from "../page.js";
import { choice, keepingFocus, named } from "./choice.js";
import { sorted, columns } from "./columns.js";

function grouped(pairs) {
  const groups = new Map();
  for (const [one, key] of pairs) {
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(one);
  }
  return groups;
}

// Children by parent, those without one under null. A link that would close a circle is left out: its child has no parent then.
function forest(links) {
  const parents = new Map();
  for (const [child, parent] of links) {
    let at = parent;
    while (at != null && at !== child) at = parents.get(at);
    if (parent != null && !parents.has(parent)) parents.set(parent, null);
    parents.set(child, at === child ? null : parent);
  }
  return grouped(parents);
}

const byName = new Intl.Collator("en", { numeric: true }).compare;
const byValidation = columns.find((column) => column.key === "validation");

/** changed() is called when the reader has chosen a run; show(runs) draws. */
export function lineage(changed) {
  const tree = element("div", { class: "tree" });
  const open = new Set(); // recipes whose runs are shown

  function show(runs) {
    const known = new Map(runs.map((run) => [run.run, run]));
    // The newest run of a recipe says what it extends.
    const oldestFirst = sorted(runs, { value: (run) => run.started }, false);
    const recipes = forest(oldestFirst.map(({ recipe, parent }) => [recipe, parent]));
    const forks = forest(runs.map(({ run, origin }) => [run, known.has(origin) ? origin : null]));
    const ofRecipe = grouped((forks.get(null) ?? []).map((name) => [known.get(name), known.get(name).recipe]));

    const runList = (some) =>
      element(
        "ul",
        {},
        sorted(some, byValidation, true).map((run) =>
          element(
            "li",
            {},
            choice(run.run, "tree", changed),
            named(run),
            element(
              "span",
              { class: "faint" },
              ` ${percent(run.validation)}${known.has(run.origin) ? `, forked with ${run.recipe}` : ""}`,
            ),
            forks.has(run.run) && runList(forks.get(run.run).map((name) => known.get(name))),
          ),
        ),
      );

    function runsOf(recipe) {
      const own = ofRecipe.get(recipe) ?? [];
      if (own.length === 0) return null;
      const best = Math.max(...own.map((run) => run.validation ?? -1));
      const room = element("div");
      const fill = () => room.replaceChildren(runList(own));
      const details = element(
        "details",
        {
          ontoggle: () => {
            if (details.open === open.has(recipe)) return;
            if (details.open) open.add(recipe);
            else open.delete(recipe);
            if (details.open) fill();
          },
        },
        element(
          "summary",
          { "data-key": `recipe ${recipe}` },
          element("span", { class: "name" }, recipe),
          element(
            "span",
            { class: "faint" },
            ` ${own.length} ${own.length === 1 ? "run" : "runs"}${best < 0 ? "" : `, best ${percent(best)}`}`,
          ),
        ),
        room,
      );
      details.open = open.has(recipe);
      if (details.open) fill();
      return details;
    }

    const recipeList = (names) =>
      element(
        "ul",
        {},
        names
          .sort(byName)
          .map((recipe) =>
            element(
              "li",
              {},
              runsOf(recipe) ?? element("span", { class: "name" }, recipe),
              recipes.has(recipe) && recipeList(recipes.get(recipe)),
            ),
          ),
      );
    keepingFocus(() => tree.replaceChildren(recipeList(recipes.get(null) ?? [])));
  }

  const made = element(
    "section",
    { "aria-labelledby": "lineage-title" },
    element("h2", { id: "lineage-title" }, "Lineage"),
    element("p", { class: "faint" }, "Each recipe stands below the one that it extends, and a forked run below its origin."),
    tree,
  );
  return { section: made, show };
}
