// The board: all runs in a table, the curves of those that are chosen over each other, and which attempt came of which. What it
// shows is fetched from the server (aviary board --serve), and again when the server tells of runs that have changed.
import { data, element } from "./page.js";
import { comparison } from "./board/comparison.js";
import { lineage } from "./board/lineage.js";
import { runTable } from "./board/runs.js";
import { follow, get } from "./board/server.js";
import { leave, read, state, write } from "./board/state.js";
import "./board/board.css"; // last, so that it comes after what all pages share

const pause = 500; // milliseconds between two fetches, however often runs change
let runs = null;
let lost = null; // since when there is no connection
let unread = null; // why the runs could not be read
const stale = new Set(); // names of runs that have changed since the last fetch
let asked = false;
let fetching = false;

const connection = element("p", { class: "connection", role: "status" }, "Reading the runs…");
const table = runTable(show);
const compared = comparison(show);
const attempts = lineage(show);

function show() {
  if (!runs) return;
  const known = new Set(runs.map(({ run }) => run));
  for (const name of state.chosen.values()) if (!known.has(name)) leave(name);
  write();
  table.show(runs);
  attempts.show(runs);
  compared.show(runs, [...stale]);
  stale.clear();
}

function tell() {
  connection.classList.toggle("lost", Boolean(lost || unread));
  if (lost) connection.textContent = `No connection since ${lost}; the browser tries again.`;
  else if (unread) connection.textContent = `The runs cannot be read: ${unread}`;
  else connection.textContent = "Live: follows the runs while they train.";
}

async function refresh(names) {
  names.forEach((name) => stale.add(name));
  asked = true;
  if (fetching) return;
  fetching = true;
  while (asked) {
    asked = false;
    try {
      ({ runs } = await get("runs"));
      unread = null;
      show();
    } catch (error) {
      unread = error.message;
    }
    tell();
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  fetching = false;
}

function connected(is) {
  lost = is ? null : (lost ?? new Date().toLocaleTimeString());
  // What happened meanwhile was not told.
  if (is) refresh([...state.chosen.values()]);
  else tell();
}

read();
const folder = data()?.folder;
if (folder) document.title = `${folder}: board`;
document
  .getElementById("page")
  .append(
    element("h1", {}, folder ? `Runs in ${folder}` : "Runs"),
    connection,
    table.section,
    compared.section,
    attempts.section,
  );
addEventListener("hashchange", () => {
  read();
  show();
});
follow(refresh, connected);
