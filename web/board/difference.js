// What differs between two of the chosen runs, in recipe and in result.
import { changes, element, table } from "../page.js";
import { columns, textOf } from "./columns.js";
import { get } from "./server.js";
import { state } from "./state.js";

const results = columns.filter((column) => column.key !== "run");

export function difference() {
  const choices = ["before", "after"].map((label) => element("select", { id: label, onchange: () => show(known) }));
  const recipe = element("div");
  const result = element("div");
  let known = new Map();
  let offered = "";
  let told = "";

  // The letters that were chosen stay, as far as their runs do; else the first two.
  function offer() {
    const chosen = [...state.chosen];
    if (offered === JSON.stringify(chosen)) return;
    offered = JSON.stringify(chosen);
    const letters = chosen.map(([letter]) => letter);
    const [before, after] = choices.map((select) => letters.find((letter) => letter === select.value));
    const values = [before ?? letters.find((letter) => letter !== after)];
    values.push(after && after !== values[0] ? after : letters.find((letter) => letter !== values[0]));
    choices.forEach((select, i) => {
      select.replaceChildren(...chosen.map(([letter, name]) => element("option", { value: letter }, `${letter}  ${name}`)));
      select.value = values[i];
    });
  }

  async function show(runs) {
    known = runs;
    part.hidden = state.chosen.size < 2;
    if (part.hidden) return;
    offer();
    const letters = choices.map((select) => select.value);
    const [a, b] = letters.map((letter) => state.chosen.get(letter));
    result.replaceChildren(
      table(
        "In their results",
        [{ label: "" }, ...letters.map((letter) => ({ label: letter }))],
        results
          .filter((column) => [a, b].some((name) => column.value(runs.get(name)) != null))
          .map((column) => [column.label, textOf(column, runs.get(a)), textOf(column, runs.get(b))]),
      ),
    );
    const pair = JSON.stringify([a, b]);
    if (told === pair) return;
    told = pair;
    try {
      const { changes: found } = await get("diff", { a, b });
      if (told !== pair) return;
      recipe.replaceChildren(
        found.length > 0 ? changes("In their recipes", found) : element("p", {}, "Their recipes are the same."),
      );
    } catch (error) {
      if (told !== pair) return;
      told = "";
      recipe.replaceChildren(element("p", { class: "bad" }, `Their recipes cannot be compared: ${error.message}`));
    }
  }

  const part = element(
    "div",
    {},
    element("h3", {}, "What differs"),
    element(
      "div",
      { class: "tools" },
      choices.map((select) => element("label", {}, `${select.id} `, select)),
    ),
    recipe,
    result,
  );
  return { part, show };
}
