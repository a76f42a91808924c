// Charts over epochs, drawn by uPlot: several series, the phases of a curriculum as bands, a legend of buttons that shows and
// hides them and tells their values at the cursor. With the keyboard: the arrow keys move along the chart.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { element, number, percent } from "./page.js";

const colours = 8;
const dashes = [[], [8, 4], [2, 3], [10, 3, 2, 3]];

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const colourOf = (i) => css(`--series-${(i % colours) + 1}`);
// Series differ by dashes as well, for those who do not see the colours.
const dashOf = (i, one) => dashes[(one.dash ?? i) % dashes.length];

function sample(i, one) {
  const line = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  line.setAttribute("width", 24);
  line.setAttribute("height", 10);
  line.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", "M0 5H24");
  path.setAttribute("fill", "none");
  path.setAttribute("stroke", `var(--series-${((one.colour ?? i) % colours) + 1})`);
  path.setAttribute("stroke-width", 2);
  path.setAttribute("stroke-dasharray", dashOf(i, one).join(" "));
  line.append(path);
  return line;
}

// From half an epoch before a band's first to half an epoch after its last; every second one is shaded, all are named above.
function drawBands(plot, bands) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, 0, bbox.width, bbox.top + bbox.height);
  ctx.clip();
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textBaseline = "bottom";
  ctx.textAlign = "left";
  bands.forEach((band, i) => {
    const left = plot.valToPos(band.from - 0.5, "x", true);
    const right = plot.valToPos(band.to + 0.5, "x", true);
    if (i % 2 === 0) {
      ctx.fillStyle = css("--band");
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
    }
    const start = Math.max(left, bbox.left) + 4 * devicePixelRatio;
    ctx.fillStyle = css("--faint");
    let label = band.label;
    const fits = (text) => ctx.measureText(text).width < Math.min(right, bbox.left + bbox.width) - start;
    if (!fits(label)) {
      while (label && !fits(`${label}…`)) label = label.slice(0, -1);
      label = label && `${label}…`;
    }
    ctx.fillText(label, start, bbox.top - 3 * devicePixelRatio);
  });
  ctx.restore();
}

/**
 * A chart, to be put into the page as `figure`; show() draws it, again and again for one that lives.
 * @param title also its accessible name
 * @param xLabel what its values stand over; the legend says it
 * @param format text of a value; `ticks` of those at the axis, where it should be shorter
 * @param sync charts of one name move their cursors together
 */
export function chart({ title, xLabel = "epoch", format = number, ticks = format, sync = null, height = 220 }) {
  const canvas = element("div", { tabindex: 0, role: "img", "aria-label": title });
  const legend = element("div", { class: "legend" });
  const at = element("span", { class: "faint" });
  const figure = element("figure", {}, element("figcaption", {}, title), canvas, legend);
  const hidden = new Set();
  let plot = null;
  let content = null;
  let outputs = [];

  const width = () => Math.max(canvas.clientWidth, 200);

  function tell() {
    const last = content.x.length - 1;
    const index = plot.cursor.idx ?? last;
    at.textContent = last < 0 ? "" : `${xLabel} ${content.x[index]}`;
    content.series.forEach((one, i) => (outputs[i].textContent = format(one.values[index] ?? null)));
  }

  // A legend of buttons; they stay the same elements when new values come, so that they keep the focus.
  function makeLegend() {
    outputs = content.series.map(() => element("output"));
    legend.replaceChildren(
      at,
      ...content.series.map((one, i) =>
        element(
          "button",
          {
            type: "button",
            "aria-pressed": String(!hidden.has(one.label)),
            onclick: (event) => {
              if (!hidden.delete(one.label)) hidden.add(one.label);
              event.currentTarget.setAttribute("aria-pressed", String(!hidden.has(one.label)));
              plot.setSeries(i + 1, { show: !hidden.has(one.label) });
            },
          },
          sample(i, one),
          one.label,
          outputs[i],
        ),
      ),
    );
  }

  // What the reader looks at stays through a drawing: the epoch at the cursor, and the part that was zoomed to.
  function looked() {
    if (!plot?.data[0].length) return {};
    const { min, max } = plot.scales.x;
    const [first, last] = [plot.data[0][0] - 0.5, plot.data[0].at(-1) + 0.5];
    return { epoch: plot.data[0][plot.cursor.idx], zoom: min > first || max < last ? { min, max } : {} };
  }

  const moveTo = (index) => plot.setCursor({ left: plot.valToPos(content.x[index], "x"), top: 0 });

  function draw() {
    const { epoch, zoom } = looked();
    plot?.destroy();
    const axis = () => ({
      stroke: css("--faint"),
      grid: { stroke: css("--line"), width: 1 },
      ticks: { show: false },
      font: "12px system-ui, sans-serif",
    });
    const few = content.x.length <= 40;
    plot = new uPlot(
      {
        width: width(),
        height,
        padding: [content.bands.length > 0 ? 20 : 8, 16, 0, 0],
        legend: { show: false },
        cursor: { drag: { x: true, y: false }, sync: sync ? { key: sync } : undefined, points: { size: 7 } },
        // Epochs are whole; a single one has room on both sides.
        scales: { x: { time: false, range: (_, low, high) => [low - 0.5, high + 0.5], ...zoom } },
        axes: [
          { ...axis(), incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000], size: 28 },
          { ...axis(), size: 64, values: (_, splits) => splits.map((value) => ticks(value)) },
        ],
        series: [
          {},
          ...content.series.map((one, i) => ({
            label: one.label,
            show: !hidden.has(one.label),
            stroke: colourOf(one.colour ?? i),
            width: 2,
            dash: dashOf(i, one),
            points: { show: few, size: 5, fill: colourOf(one.colour ?? i) },
          })),
        ],
        hooks: {
          drawClear: [() => drawBands(plot, content.bands)],
          setCursor: [() => plot && tell()],
          ready: [(made) => made === plot && content.x.includes(epoch) && moveTo(content.x.indexOf(epoch))],
        },
      },
      [content.x, ...content.series.map((one) => one.values)],
      canvas,
    );
    tell();
  }

  const same = (before, now) =>
    before?.series.length === now.series.length && now.series.every((one, i) => one.label === before.series[i].label);

  /** x: epochs, from 1; series: {label, values (null: a gap), colour and dash by number}; bands: {from, to, label}. */
  function show({ x, series, bands = [] }) {
    const before = content;
    content = { x, series, bands };
    if (!same(before, content)) makeLegend();
    draw();
  }

  canvas.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
    if (!(event.key in steps) || !content?.x.length) return;
    event.preventDefault();
    const last = content.x.length - 1;
    moveTo(Math.min(last, Math.max(0, (plot.cursor.idx ?? last) + steps[event.key])));
  });
  new ResizeObserver(() => plot && plot.width !== width() && plot.setSize({ width: width(), height })).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => plot && draw());

  return { figure, show };
}

/** Loss, top-1 accuracy and learning rate beside each other, in `grid`; their cursors move together. */
export function mainCharts() {
  const loss = chart({ title: "Loss", sync: "epochs" });
  const top1 = chart({
    title: "Top-1 accuracy",
    format: (value) => percent(value),
    ticks: (value) => percent(value, 0),
    sync: "epochs",
  });
  const rate = chart({ title: "Learning rate", sync: "epochs" });
  return { loss, top1, rate, grid: element("div", { class: "grid" }, loss.figure, top1.figure, rate.figure) };
}
