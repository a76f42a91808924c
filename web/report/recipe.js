// What the run is: pictures, recipe, model, machine.
import { changes, element, number, scrolled, table } from "../page.js";

const grouped = (value) => value.toLocaleString("en");
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

const missing = (part) => part?.missing && element("p", { class: "faint" }, `Not shown: ${part.missing}.`);

export function samples(rows) {
  if (missing(rows)) return missing(rows);
  const cell = (tile) =>
    element(
      "td",
      {},
      element("div", {}, element("img", { class: "thumbnail", src: tile.picture, alt: "" }), element("span", {}, tile.caption)),
    );
  return [
    element("p", { class: "faint" }, "As they are (left), and as the first augmented epochs show them."),
    scrolled(
      "Training pictures",
      element(
        "table",
        { class: "samples" },
        element(
          "tbody",
          {},
          rows.map((row) => element("tr", {}, row.map(cell))),
        ),
      ),
    ),
  ];
}

export function recipe({ recipe: { name, toml }, parent, changes: later }) {
  return [
    parent && parent.changes.length > 0 && changes(`What differs from ${parent.recipe}, which it extends`, parent.changes),
    parent && parent.changes.length === 0 && element("p", {}, `The same as ${parent.recipe}, which it extends.`),
    later && changes("What was changed while it ran", later, "from epoch"),
    element("p", { class: "faint" }, `${name}, every value with where it comes from:`),
    scrolled("The recipe", element("pre", {}, toml)),
  ].filter(Boolean);
}

export function model(found) {
  if (missing(found)) return missing(found);
  const name = (layer) => {
    const text = element("span", {}, layer.name || `(${layer.type})`, layer.repeats > 1 && ` × ${layer.repeats}`);
    text.style.paddingLeft = `${layer.depth}rem`;
    return text;
  };
  const orNothing = (value) => (value === 0 ? "" : grouped(value));
  return [
    element(
      "p",
      {},
      `${found.type}: ${grouped(found.parameters)} parameters, ${grouped(found.multiply_adds)} multiply-adds a picture; `,
      `activations of a batch of ${found.batch_size}: ${megabytes(found.forward_bytes)} forward, `,
      `${megabytes(found.backward_bytes)} kept for backward.`,
    ),
    element(
      "details",
      {},
      element("summary", {}, "Layers"),
      table(
        "Layer by layer",
        [
          { label: "layer" },
          { label: "type" },
          { label: "output" },
          { label: "parameters", number: true },
          { label: "multiply-adds", number: true },
        ],
        found.layers.map((layer) => [
          name(layer),
          layer.name ? layer.type : "",
          layer.output.join("×"),
          orNothing(layer.parameters),
          orNothing(layer.multiply_adds),
        ]),
      ),
    ),
  ];
}

export function machine(report) {
  const { machine: computer, versions, git } = report;
  const rows = [
    [
      "pictures",
      Object.entries(report.pictures)
        .map(([split, count]) => `${grouped(count)} ${split}`)
        .join(", "),
    ],
    ["classes", grouped(report.class_names.length)],
    ["started", report.started?.slice(0, 19).replace("T", " ")],
    ["command", report.command_line && element("code", {}, report.command_line.join(" "))],
    ...(report.origin ?? []).map((origin) => ["weights of", element("code", {}, origin.checkpoint)]),
    ["computes on", report.device && `${report.device}, ${report.threads} threads; ${report.workers} workers prepare pictures`],
    [
      "machine",
      computer && `${computer.cpu}, ${computer.cores} cores, ${number(computer.memory / 1e9)} GB; ${computer.kernel}`,
    ],
    [
      "versions",
      versions &&
        Object.entries(versions)
          .map(([name, version]) => `${name} ${version}`)
          .join(", "),
    ],
    ["git", git && `${git.commit}${git.dirty ? ", with changes" : ""}`],
  ];
  return table(
    "What it ran on, and with",
    [{ label: "fact" }, { label: "value" }],
    rows.filter((row) => row[1]),
  );
}
