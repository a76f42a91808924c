// What the last evaluation says besides the matrix: classes, pairs, pictures, calibration.
import { element, number, percent, table } from "../page.js";

const picture = (record) =>
  element("img", { class: "thumbnail", src: record.picture || null, alt: record.name, title: record.name });

export function classes(validation, nameOf) {
  const rows = validation.classes
    .map(([pictures, precision, recall, f1], label) => ({ label, pictures, precision, recall, f1 }))
    .filter((one) => one.pictures > 0)
    .sort((a, b) => a.f1 - b.f1);
  return element(
    "details",
    {},
    element("summary", {}, `Classes (${rows.length})`),
    table(
      "The weakest first",
      [
        { label: "class" },
        { label: "pictures", number: true },
        { label: "precision", number: true },
        { label: "recall", number: true },
        { label: "F1", number: true },
      ],
      rows.map((one) => [
        nameOf(one.label),
        one.pictures,
        percent(one.precision, 1),
        percent(one.recall, 1),
        percent(one.f1, 1),
      ]),
    ),
  );
}

export function confused(validation, nameOf) {
  if (validation.confused.length === 0) return element("p", {}, "No picture was taken for another class.");
  return element(
    "ol",
    { class: "cards pairs" },
    validation.confused.map((pair) =>
      element(
        "li",
        {},
        element(
          "p",
          {},
          element("strong", {}, nameOf(pair.label)),
          " taken for ",
          element("strong", {}, nameOf(pair.predicted)),
        ),
        element("p", { class: "faint" }, `${pair.pictures} of ${validation.classes[pair.label][0]} pictures`),
        element("div", { class: "pictures" }, pair.examples.map(picture)),
      ),
    ),
  );
}

export function worst(validation, nameOf) {
  if (validation.worst.length === 0) return element("p", {}, "Every picture is right.");
  return [
    element("p", { class: "faint" }, "Wrong, and the surest of it: the largest losses."),
    element(
      "ol",
      { class: "cards" },
      validation.worst.map((record) =>
        element(
          "li",
          { class: "prediction" },
          picture(record),
          element(
            "div",
            {},
            element("p", {}, element("strong", {}, nameOf(record.label))),
            element(
              "p",
              {},
              "taken for ",
              element("strong", {}, nameOf(record.predicted)),
              ` (${percent(record.probability, 1)})`,
            ),
            element("p", { class: "faint" }, `loss ${number(record.loss)}, ${record.name}`),
          ),
        ),
      ),
    ),
  ];
}

function svg(tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text) made.textContent = text;
  return made;
}

// How often predictions are right (bars) over how sure they are; a calibrated model's bars end at the diagonal.
function reliability({ bins }) {
  const [left, top, side] = [44, 8, 260];
  const x = (share) => left + share * side;
  const y = (share) => top + (1 - share) * side;
  const drawing = svg("svg", {
    viewBox: `0 0 ${left + side + 24} ${top + side + 36}`,
    class: "reliability",
    role: "img",
    "aria-label": "Reliability diagram; the table below has its numbers",
  });
  for (const tick of [0, 0.25, 0.5, 0.75, 1]) {
    drawing.append(svg("path", { d: `M${x(0)} ${y(tick)}H${x(1)}`, stroke: "var(--line)" }));
    drawing.append(svg("text", { x: left - 6, y: y(tick) + 4, "text-anchor": "end", fill: "var(--faint)" }, percent(tick, 0)));
    drawing.append(svg("text", { x: x(tick), y: y(0) + 16, "text-anchor": "middle", fill: "var(--faint)" }, percent(tick, 0)));
  }
  bins.forEach((bin, i) => {
    if (bin.pictures === 0) return;
    const width = side / bins.length;
    const bar = svg("rect", {
      x: x(i / bins.length) + 1,
      y: y(bin.top1),
      width: width - 2,
      height: side * bin.top1,
      fill: "var(--series-1)",
    });
    bar.append(
      svg("title", {}, `${percent(bin.probability, 1)} sure, ${percent(bin.top1, 1)} right, ${bin.pictures} pictures`),
    );
    drawing.append(
      bar,
      svg("path", {
        d: `M${x(i / bins.length) + 1} ${y(bin.probability)}h${width - 2}`,
        stroke: "var(--series-2)",
        "stroke-width": 2,
      }),
    );
  });
  drawing.append(svg("path", { d: `M${x(0)} ${y(0)}L${x(1)} ${y(1)}`, stroke: "var(--faint)", "stroke-dasharray": "4 4" }));
  drawing.append(
    svg("text", { x: x(0.5), y: y(0) + 32, "text-anchor": "middle", fill: "var(--faint)" }, "probability of the prediction"),
  );
  return drawing;
}

export function calibration({ calibration: found }) {
  return [
    element(
      "p",
      {},
      `The expected calibration error is ${percent(found.error)}; `,
      `logits divided by a temperature of ${number(found.temperature)} make it ${percent(found.error_after)}.`,
    ),
    element(
      "p",
      { class: "faint" },
      "Bars: how many are right. Lines across them: how sure the model is. Level, its probabilities can be believed.",
    ),
    reliability(found),
    element(
      "details",
      {},
      element("summary", {}, "As a table"),
      table(
        "Predictions by their probability",
        [
          { label: "probability" },
          { label: "pictures", number: true },
          { label: "mean", number: true },
          { label: "right", number: true },
        ],
        found.bins
          .map((bin, i) => [
            `${percent(i / found.bins.length, 0)} to ${percent((i + 1) / found.bins.length, 0)}`,
            bin.pictures,
            percent(bin.probability, 1),
            percent(bin.top1, 1),
          ])
          .filter((row) => row[1] > 0),
      ),
    ),
  ];
}
