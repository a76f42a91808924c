// What the reader has chosen. It is kept in the address, behind #, so that a reload or a link shows the same.

// A run that is compared is called by a letter, which is its colour, too (--series-1 to 8 of theme.css).
const letters = "ABCDEFGH";
export const most = letters.length;
export const colourOf = (letter) => letters.indexOf(letter);

/** chosen: runs by letter; sort: a column's key. */
export const state = {};

export function read() {
  const hash = new URLSearchParams(location.hash.slice(1));
  const sort = hash.get("sort") ?? "-validation";
  Object.assign(state, {
    chosen: new Map([...letters].filter((letter) => hash.has(letter)).map((letter) => [letter, hash.get(letter)])),
    sort: sort.replace(/^-/, ""),
    descending: sort.startsWith("-"),
    filter: hash.get("filter") ?? "",
  });
}

export function write() {
  const hash = new URLSearchParams([...state.chosen]);
  hash.set("sort", `${state.descending ? "-" : ""}${state.sort}`);
  if (state.filter) hash.set("filter", state.filter);
  history.replaceState(null, "", `#${hash}`);
}

export const letterOf = (name) => [...state.chosen].find(([, run]) => run === name)?.[0];

export function leave(name) {
  state.chosen.delete(letterOf(name));
}

/** Under the first letter that is free; not at all where none is. */
export function choose(name) {
  const letter = [...letters].find((one) => !state.chosen.has(one));
  if (letter) state.chosen = new Map([...state.chosen, [letter, name]].sort());
}
