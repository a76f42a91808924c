// What is known of a run: the columns of the table, and the lines of two runs beside each other.
import { duration, percent } from "../page.js";

const score = (key, label, value = (run) => run[key]) => ({
  key,
  label,
  value,
  text: (share) => percent(share),
  number: true,
});

export const columns = [
  { key: "run", label: "run", value: (run) => run.run },
  score("validation", "validation"),
  score("ema", "validation, EMA"),
  score("test", "test"),
  score("kaggle", "Kaggle"),
  score("train", "train"),
  score("published-validation", "published validation", (run) => run.published?.validation),
  score("published-kaggle", "published Kaggle", (run) => run.published?.kaggle),
  score("published-train", "published train", (run) => run.published?.train),
  { key: "state", label: "state", value: (run) => run.state },
  { key: "epochs", label: "epochs", value: (run) => run.epochs, text: (epochs, run) => `${epochs} of ${run.of}`, number: true },
  {
    key: "parameters",
    label: "parameters",
    value: (run) => run.parameters,
    text: (count) => count.toLocaleString("en"),
    number: true,
  },
  { key: "seconds", label: "time", value: (run) => run.seconds, text: duration, number: true },
  {
    key: "started",
    label: "started (UTC)",
    value: (run) => run.started,
    text: (time) => time.slice(0, 16).replace("T", " "),
  },
  { key: "recipe", label: "recipe", value: (run) => run.recipe },
];

export function textOf(column, run) {
  const value = column.value(run);
  if (value == null) return "–";
  return column.text ? column.text(value, run) : value;
}

// attempt-2 before attempt-10.
const { compare } = new Intl.Collator("en", { numeric: true });

/** The runs in the order of a column; those without a value come last either way. */
export function sorted(runs, column, descending) {
  const sign = descending ? -1 : 1;
  return runs
    .map((run) => ({ run, value: column.value(run) }))
    .sort((a, b) => {
      if (a.value == null || b.value == null) return (a.value == null) - (b.value == null) || compare(a.run.run, b.run.run);
      const order = typeof a.value === "string" ? compare(a.value, b.value) : a.value - b.value;
      return sign * order || compare(a.run.run, b.run.run);
    })
    .map(({ run }) => run);
}
