// What all pages share: their data, and elements made of them. Text is only ever text here: no name in it can become markup.
import "./theme.css";

/** The JSON that was put into the page; null where the page was served without. */
export const data = () => JSON.parse(document.getElementById("data").textContent);

/** An element with attributes (a function is a listener: onclick) and children: elements, text, numbers; null is left out. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value != null) made.setAttribute(name, value);
  }
  const shown = children.flat().filter((child) => child != null && child !== false);
  made.append(...shown.map((child) => (child instanceof Node ? child : String(child))));
  return made;
}

/** What may be wider than the screen, in a box that scrolls. */
export const scrolled = (label, content) =>
  element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, content);

/** A table below its caption, in a box that scrolls. A column: {label, number: true to align it right}; a row: cells. */
export function table(caption, columns, rows) {
  const style = (column) => (column.number ? "number" : null);
  const head = columns.map((column) => element("th", { scope: "col", class: style(column) }, column.label));
  const body = rows.map((row) =>
    element(
      "tr",
      {},
      row.map((cell, i) => element("td", { class: style(columns[i]) }, cell)),
    ),
  );
  return element(
    "div",
    {},
    element("p", { class: "faint" }, caption),
    scrolled(caption, element("table", {}, element("thead", {}, element("tr", {}, head)), element("tbody", {}, body))),
  );
}

/** What differs between two recipes; `before` is the label of a first column with the epoch that it was changed in. */
export const changes = (caption, rows, before = "") =>
  table(
    caption,
    [...(before ? [{ label: before }] : []), { label: "key" }, { label: "before" }, { label: "after" }],
    rows.map((change) => [
      ...(before ? [change.epoch + 1] : []),
      element("code", {}, change.key),
      element("del", {}, change.before || "–"),
      element("ins", {}, change.after || "–"),
    ]),
  );

/** 97.25 % of 0.9725. */
export const percent = (share, digits = 2) => (share == null ? "–" : `${(100 * share).toFixed(digits)} %`);

/** Four figures, as short as they can be written: 0.001, 1.234, 3e-7. */
export const number = (value) => (value == null ? "–" : String(Number(value.toPrecision(4))));

/** 45 s, 3 min 20 s, 2 h 5 min. */
export function duration(seconds) {
  if (seconds == null) return "–";
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
