// What stands for a run in the table, the comparison and the tree.
import { element } from "../page.js";
import { choose, colourOf, leave, letterOf, most, state } from "./state.js";

/** A run's letter in its colour. */
export function mark(letter) {
  const made = element("span", { class: "mark" }, letter);
  made.style.background = `var(--series-${colourOf(letter) + 1})`;
  return made;
}

/** A box to compare the run; `place` tells the boxes of one run apart. */
export function choice(name, place, changed) {
  const letter = letterOf(name);
  const box = element("input", {
    type: "checkbox",
    "aria-label": `compare ${name}`,
    "data-key": `${place} ${name}`,
    onchange: () => {
      if (box.checked) choose(name);
      else leave(name);
      changed();
    },
  });
  box.checked = letter != null;
  box.disabled = letter == null && state.chosen.size === most;
  return element("span", { class: "choice" }, box, letter && mark(letter));
}

// Names are folders: lines break behind a slash.
const breakable = (name) => name.split(/(?<=\/)/).flatMap((folder, i) => (i === 0 ? [folder] : [element("wbr"), folder]));

/** A run's name, which opens its report. */
export const named = ({ run, report }) =>
  report
    ? element("a", { href: `/report?${new URLSearchParams({ run })}` }, breakable(run))
    : element("span", {}, breakable(run));

/** Renders anew, and leaves the keyboard where it was: at what has the same data-key. */
export function keepingFocus(render) {
  const key = document.activeElement?.dataset.key;
  render();
  if (key && document.activeElement.dataset.key !== key)
    document.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}
