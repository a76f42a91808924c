// Loss, accuracy and learning rate over the epochs.
import { mainCharts } from "../charts.js";
import { element } from "../page.js";

const parts = [
  { key: "train", label: "train" },
  { key: "validation", label: "validation" },
  { key: "ema", label: "validation, EMA" },
];

export function curves(run) {
  const of = (score) =>
    parts
      .map(({ key, label }, i) => ({ label, values: run[key][score], colour: i }))
      .filter((one) => one.values.some((value) => value != null));
  const { loss, top1, rate, grid } = mainCharts();
  const shown = { x: run.epoch, bands: run.phases };
  loss.show({ ...shown, series: of("loss") });
  top1.show({ ...shown, series: of("top1") });
  rate.show({ ...shown, series: [{ label: "learning rate", values: run.learning_rate, colour: 3 }] });
  const phases = run.phases.map(({ label, from, to }) => `${label} (${from} to ${to})`).join(", ");
  const best = run.epoch.filter((_, i) => run.best[i]).at(-1);
  return [
    element(
      "p",
      { class: "faint" },
      phases && `The bands are the phases of the curriculum: ${phases}. `,
      best && `The best epoch is ${best}.`,
    ),
    grid,
  ];
}
