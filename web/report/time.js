// What the epochs' seconds were spent on, and how many pictures went through in one.
import { chart } from "../charts.js";
import { duration, element, number, percent, table } from "../page.js";

const names = {
  data: "waiting for pictures",
  forward: "forward pass",
  backward: "backward pass",
  optimizer: "optimizer",
  validation: "validation",
  other: "saving and the rest",
};

const sum = (values) => values.reduce((total, value) => total + (value ?? 0), 0);

export function spent(run) {
  const measured = run.spent.forward.map((value) => value != null);
  const other = run.seconds.map((seconds, i) =>
    measured[i] ? Math.max(0, seconds - sum(Object.values(run.spent).map((values) => values[i]))) : null,
  );
  const parts = Object.entries({ ...run.spent, other }).map(([key, values], i) => ({
    label: names[key],
    values,
    colour: i,
    seconds: sum(values),
  }));
  const whole = sum(parts.map((part) => part.seconds));

  const pace = chart({ title: "Images per second in training", sync: "epochs" });
  pace.show({ x: run.epoch, bands: run.phases, series: [{ label: "images/s", values: run.images_per_second }] });
  const seconds = chart({
    title: "Seconds of an epoch",
    format: duration,
    ticks: (value) => `${number(value)} s`,
    sync: "epochs",
  });
  seconds.show({ x: run.epoch, bands: run.phases, series: whole > 0 ? parts : [{ label: "all", values: run.seconds }] });
  const charts = element("div", { class: "grid" }, seconds.figure, pace.figure);
  if (whole === 0) return charts;

  const key = (part) => {
    const made = element("span", { class: "key" });
    made.style.background = `var(--series-${part.colour + 1})`;
    return made;
  };
  const bar = element("div", { class: "share", "aria-hidden": "true" });
  for (const part of parts) {
    const piece = element("div", { title: `${part.label}: ${percent(part.seconds / whole, 1)}` });
    piece.style.flex = `${part.seconds} 0 0`;
    piece.style.background = `var(--series-${part.colour + 1})`;
    bar.append(piece);
  }
  return [
    bar,
    table(
      "Of all epochs",
      [{ label: "part" }, { label: "time", number: true }, { label: "share", number: true }],
      parts.map((part) => [[key(part), part.label], duration(part.seconds), percent(part.seconds / whole, 1)]),
    ),
    charts,
  ];
}
